// SPDX-License-Identifier: Apache-2.0
#include "load_live.h"

#include "base/clock.h"
#include "base/units.h"
#include "progress.h"

static double seconds(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

/* Over the looks that are remembered. */
static double live_rate(struct load_live *l, int64_t now_ns, uint64_t sent)
{
	unsigned oldest = l->count < LIVE_LOOKS ? 0 : l->count % LIVE_LOOKS;
	double span = l->count ? seconds(now_ns - l->looks[oldest].at_ns) : 0;
	double rate = span > 0 ? (double)(sent - l->looks[oldest].sent) / span : 0;
	l->looks[l->count % LIVE_LOOKS].at_ns = now_ns;
	l->looks[l->count % LIVE_LOOKS].sent = sent;
	l->count++;
	return rate;
}

void load_live_show(struct load_live *l, int64_t start_ns, const struct load_totals *totals, uint64_t lost)
{
	const struct histogram *latency = &totals->latency;
	char rate[UNITS_SIZE], answered[UNITS_SIZE], lost_text[UNITS_SIZE], p99[UNITS_SIZE];
	int64_t now = clock_ns();
	uint64_t sent = totals->ok + totals->failed;
	units_show_count((uint64_t)(live_rate(l, now, sent) + 0.5), rate);
	progress_line("%.0f s  %s/s  %s answered  %s lost  p99 %s", seconds(now - start_ns), rate,
		      units_show_count(totals->ok, answered), units_show_count(lost, lost_text),
		      latency->count ? units_show_duration(histogram_percentile(latency, 99), p99) : "-");
}
