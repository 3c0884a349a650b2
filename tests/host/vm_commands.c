// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control commands that concern the machine as a whole, and its parts of
 * "status" and "stats". On the loop thread with the machine lock held.
 */
#include "control.h"
#include "loop.h"
#include "profile.h"
#include "record.h"
#include "vm_priv.h"

static json_t *status_state(void)
{
	if (vm.ended && vm.end == VM_END_POWEROFF)
		return json_string("off");
	if (vm.ended && vm.end == VM_END_RESET)
		return json_string("reset");
	if (vm.crashed)
		return json_string("crashed");
	return json_string(vm.paused ? "paused" : "running");
}

static json_t *status_profile(void)
{
	return json_string(vm.opt->profile->name);
}

static json_t *status_cpus(void)
{
	return json_integer(vm.opt->cpus);
}

static json_t *status_mem(void)
{
	return json_integer(vm.opt->mem_mib);
}

static json_t *status_uptime(void)
{
	return json_integer(now_ms());
}

static json_t *status_boots(void)
{
	return json_integer(vm.boots);
}

static json_t *cmd_pause(const json_t *request, char **error)
{
	(void)request;
	(void)error;
	vm_pause(true);
	return json_object();
}

static json_t *cmd_resume(const json_t *request, char **error)
{
	(void)request;
	(void)error;
	vm_pause(false);
	return json_object();
}

static json_t *cmd_reset(const json_t *request, char **error)
{
	(void)request;
	(void)error;
	vm_end_because(VM_END_RESET, "reset by the control socket");
	return json_object();
}

static json_t *cmd_quit(const json_t *request, char **error)
{
	(void)request;
	(void)error;
	vm_end_because(VM_END_QUIT, "told to quit by the control socket");
	return json_object();
}

static json_t *cmd_nmi(const json_t *request, char **error)
{
	const json_t *vp = json_object_get(request, "vp");
	json_int_t n = vp ? json_integer_value(vp) : 0;

	if ((vp && !json_is_integer(vp)) || n < 0 || n >= vm_cpus() ||
	    vm_nmi(n) < 0)
		return control_error(error,
				     "\"vp\" must be a number below %u",
				     vm_cpus());
	return json_object();
}

void vm_commands(void)
{
	control_register("pause", "", "stop vCPUs and I/O", cmd_pause);
	control_register("resume", "", "go on after a pause", cmd_resume);
	control_register("reset", "", "reset the machine", cmd_reset);
	control_register("nmi", "vp", "inject an NMI, into VP 0 by default",
			 cmd_nmi);
	control_register("quit", "", "end hvhost", cmd_quit);

	inspect_commands();

	control_register_part("status", "state", status_state);
	control_register_part("status", "profile", status_profile);
	control_register_part("status", "cpus", status_cpus);
	control_register_part("status", "mem_mib", status_mem);
	control_register_part("status", "uptime_ms", status_uptime);
	control_register_part("status", "boots", status_boots);
	control_register_part("status", "crash", crash_status);
	control_register_part("stats", "vcpu", vcpu_stats);
	control_register_part("stats", "messages", synic_stats);
}
