// SPDX-License-Identifier: Apache-2.0
#include "backend.h"

struct backend_fields {
	const struct node *service, *resource;
	const char *serviceName;
	struct int_or_string servicePort;
};

static const struct field v1_backend_fields[] = {
	{FIELD_NODE, FIELD_AT(struct backend_fields, service)},
	{FIELD_NODE, FIELD_AT(struct backend_fields, resource)},
	{0},
};
static const struct field v1beta1_backend_fields[] = {
	{FIELD_TEXT, FIELD_AT(struct backend_fields, serviceName), .form = &form_service},
	{FIELD_PORT, FIELD_AT(struct backend_fields, servicePort)},
	{FIELD_NODE, FIELD_AT(struct backend_fields, resource)},
	{0},
};

static const struct level v1_level = {
	.what = "a backend",
	.fields = v1_backend_fields,
	.hint = "networking.k8s.io/v1 has service.name and service.port.number",
};
static const struct level v1beta1_level = {
	.what = "a backend",
	.fields = v1beta1_backend_fields,
	.hint = "v1beta1 has serviceName and servicePort",
};

struct service_fields {
	const char *name;
	const struct node *port;
};

static const struct field service_fields[] = {
	{FIELD_TEXT, FIELD_AT(struct service_fields, name), .is_required = true, .form = &form_service},
	{FIELD_NODE, FIELD_AT(struct service_fields, port), .is_required = true},
	{0},
};
static const struct level service_level = {.what = "a backend's service", .fields = service_fields};

struct port_fields {
	const char *name;
	int64_t number;
};

static const struct field port_fields[] = {
	{FIELD_TEXT, FIELD_AT(struct port_fields, name), .form = &form_port},
	{FIELD_NUMBER, FIELD_AT(struct port_fields, number), .low = 1, .high = UINT16_MAX},
	{0},
};
static const struct level port_level = {.what = "a backend's port", .fields = port_fields};

static int backend_service(struct reader *r, const struct node *n, struct ingress_path *p)
{
	struct service_fields in = {0};
	struct port_fields port = {.name = ""};
	int rc = fields_read(r, n, &service_level, &in);
	if (rc == 0)
		rc = fields_read(r, in.port, &port_level, &port);
	if (rc < 0)
		return rc;
	if (!*port.name == !port.number)
		return fields_fail(r, in.port, "a backend's port needs %sname or number",
				   port.number ? "only one of " : "");
	p->service = in.name;
	p->port = (struct int_or_string){.is_name = *port.name, .name = port.name, .number = port.number};
	return 0;
}

int backend_read(struct reader *r, const struct node *n, bool is_v1, struct ingress_path *p)
{
	struct backend_fields in = {.servicePort.name = ""};
	int rc = fields_read(r, n, is_v1 ? &v1_level : &v1beta1_level, &in);
	if (rc < 0)
		return rc;
	bool has_service = in.service || in.serviceName;
	if (has_service && in.resource)
		return fields_fail(r, n, "a backend has both a service and a resource: one is allowed");
	if (in.resource) {
		fields_note(r, in.resource, "resource: a backend that is not a Service is left out");
		return 0;
	}
	if (!has_service)
		return fields_fail(r, n, "a backend needs %s", is_v1 ? "service" : "serviceName");
	p->place = fields_place(r, n);
	if (in.service)
		return (rc = backend_service(r, in.service, p)) < 0 ? rc : 1;
	if (!in.servicePort.is_name && !in.servicePort.number)
		return fields_fail(r, n, "a backend needs servicePort");
	p->service = in.serviceName;
	p->port = in.servicePort;
	return 1;
}
