// SPDX-License-Identifier: Apache-2.0
#include "levels.h"

const struct level *const levels_searched[] = {
	&level_deployment_spec, &level_pod_spec, &level_container, &level_probe, NULL,
};
