// SPDX-License-Identifier: GPL-2.0-only
/* The command line. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "main.h"
#include "profile.h"
#include "vm_priv.h"

#define HVHOST_VERSION	"0.1"

#define MEM_MIN_MIB	32
#define MEM_MAX_MIB	(1u << 20)
#define SCSI_MAX	256

enum {
	OPT_KERNEL = 256, OPT_INITRD, OPT_APPEND, OPT_CPUS, OPT_MEM,
	OPT_PROFILE, OPT_DISK, OPT_DVD, OPT_SCSI, OPT_CONSOLE, OPT_SERIAL2,
	OPT_CONTROL, OPT_NO_REBOOT, OPT_NO_STIMER, OPT_LOG, OPT_VERBOSE,
	OPT_FAULT, OPT_SEED, OPT_LIST_FAULTS, OPT_CPU_MODEL, OPT_LIST_PROFILES,
	OPT_EMULATED_IDE, OPT_NO_VMBUS_IRQ, OPT_VERSION, OPT_HELP,
};

static const struct option long_options[] = {
	{ "kernel", required_argument, NULL, OPT_KERNEL },
	{ "initrd", required_argument, NULL, OPT_INITRD },
	{ "append", required_argument, NULL, OPT_APPEND },
	{ "cpus", required_argument, NULL, OPT_CPUS },
	{ "cpu-model", required_argument, NULL, OPT_CPU_MODEL },
	{ "mem", required_argument, NULL, OPT_MEM },
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ "disk", required_argument, NULL, OPT_DISK },
	{ "dvd", required_argument, NULL, OPT_DVD },
	{ "scsi", required_argument, NULL, OPT_SCSI },
	{ "emulated-ide", no_argument, NULL, OPT_EMULATED_IDE },
	{ "console", required_argument, NULL, OPT_CONSOLE },
	{ "serial2", required_argument, NULL, OPT_SERIAL2 },
	{ "control", required_argument, NULL, OPT_CONTROL },
	{ "no-reboot", no_argument, NULL, OPT_NO_REBOOT },
	{ "no-stimer", no_argument, NULL, OPT_NO_STIMER },
	{ "no-vmbus-irq", no_argument, NULL, OPT_NO_VMBUS_IRQ },
	{ "log", required_argument, NULL, OPT_LOG },
	{ "verbose", no_argument, NULL, OPT_VERBOSE },
	{ "fault", required_argument, NULL, OPT_FAULT },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "list-faults", no_argument, NULL, OPT_LIST_FAULTS },
	{ "list-profiles", no_argument, NULL, OPT_LIST_PROFILES },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, OPT_HELP },
	{ }
};

static const char help_text[] =
"usage: hvhost --kernel BZIMAGE [OPTION]...\n"
"\n"
"Runs a Linux guest on KVM as Hyper-V would: with the hypervisor's CPUID,\n"
"SynIC and hypercalls, and with VMBus and the services behind it.\n"
"\n"
"The guest:\n"
"  --kernel FILE       bzImage, 2.6.18 to today's, i386 or x86-64\n"
"  --initrd FILE       its initial RAM disk\n"
"  --append TEXT       its command line, e.g. \"console=ttyS0\"\n"
"  --cpus N            virtual processors, 1 to 8 (1)\n"
"  --cpu-model MODEL   base: what every machine has, and what survives nested\n"
"                      emulation (default); host: all that KVM offers here\n"
"  --mem MIB           memory (512)\n"
"  --profile NAME      the Windows Server release to be (ws2022)\n"
"  --list-profiles     what there is\n"
"\n"
"Devices:\n"
"  --scsi N            SCSI controllers (1)\n"
"  --disk SPEC         a disk: file=PATH[,bus=scsi|ide][,controller=N]\n"
"                      [,target=T][,lun=L][,ro=on|off][,sector=512|4096]\n"
"                      [,discard=on|off][,serial=TEXT]; a comma in PATH is\n"
"                      doubled\n"
"  --dvd SPEC          a DVD with an image in it, as above\n"
"  --emulated-ide      a PCI bus with an IDE controller, which has the disks of\n"
"                      bus=ide once more\n"
"  --console WHERE     COM1: stdio (default), FILE or unix:PATH. On stdio,\n"
"                      Ctrl-A x ends hvhost\n"
"  --serial2 WHERE     COM2: FILE or unix:PATH. On unix:PATH hvhost listens,\n"
"                      one client at a time\n"
"\n"
"Control:\n"
"  --control PATH      unix socket for requests, one JSON object per line:\n"
"                      echo '{\"cmd\":\"help\"}' | socat - UNIX:PATH\n"
"  --no-reboot         end when the guest resets\n"
"  --no-stimer         hide the synthetic timers\n"
"  --no-vmbus-irq      ACPI names no interrupt for VMBus\n"
"  --log FILE          log here; --verbose: more of it\n"
"  --fault NAME[,KEY=VALUE]...  misbehave in the named way; keys: count\n"
"                      (0: for ever), after, value, disk, cdb, channel\n"
"  --seed N            what --fault random begins with (1)\n"
"  --list-faults       what there is (also --fault help)\n"
"  --version, --help\n"
"\n"
"Exit status: 0 the guest powered off, or hvhost was told to quit; 1 bad\n"
"options or environment; 2 the guest crashed and 3 it asked for a reset, both\n"
"with --no-reboot; 4 internal error.\n"
"\n"
"A guest with one disk, console on the terminal:\n"
"  truncate -s 1G disk.img\n"
"  hvhost --kernel /boot/vmlinuz --initrd initrd.gz --append console=ttyS0 \\\n"
"         --cpus 2 --mem 1024 --disk file=disk.img\n";

static void list_profiles(void)
{
	const struct profile *p;
	unsigned int i;

	for (i = 0; (p = profile_at(i)); i++)
		printf("%-10s %-24s VMBus %u.%-2u storage %u.%u, "
		       "hypervisor %u.%u.%u\n",
		       p->name, p->release, p->vmbus_version >> 16,
		       p->vmbus_version & 0xffff, p->stor_version >> 8,
		       p->stor_version & 0xff, p->hv_major, p->hv_minor,
		       p->hv_build);
}

static int parse_number(const char *option, const char *text,
			unsigned int min, unsigned int max, unsigned int *value)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || n < min ||
	    n > max)
		return complain("--%s %s: expected a number from %u to %u",
				option, text, min, max);
	*value = n;
	return 0;
}

static int parse_profile(struct options *o, const char *name)
{
	const struct profile *p;
	char known[256];
	size_t len = 0;
	unsigned int i;

	o->profile = profile_find(name);
	if (o->profile)
		return 0;
	for (i = 0; (p = profile_at(i)) && len < sizeof(known); i++)
		len += snprintf(known + len, sizeof(known) - len, " %s",
				p->name);
	return complain("--profile %s: unknown, expected one of%s", name,
			known);
}

static int add_disk(struct options *o, const char *spec, bool dvd)
{
	if (o->disk_count == MAX_DISK_OPTIONS)
		return complain("more than %d --disk and --dvd",
				MAX_DISK_OPTIONS);
	o->disks[o->disk_count].spec = spec;
	o->disks[o->disk_count].dvd = dvd;
	o->disk_count++;
	return 0;
}

static int parse_cpu_model(struct options *o, const char *model)
{
	o->cpu_host = !strcmp(model, "host");
	if (!o->cpu_host && strcmp(model, "base"))
		return complain("--cpu-model %s: expected base or host", model);
	return 0;
}

/* Return: 0, -1 after a complaint. */
static int parse_one(struct options *o, int opt, const char *arg)
{
	switch (opt) {
	case OPT_KERNEL:
		o->kernel = arg;
		return 0;
	case OPT_INITRD:
		o->initrd = arg;
		return 0;
	case OPT_APPEND:
		o->append = arg;
		return 0;
	case OPT_CPUS:
		return parse_number("cpus", arg, 1, VM_MAX_CPUS, &o->cpus);
	case OPT_CPU_MODEL:
		return parse_cpu_model(o, arg);
	case OPT_MEM:
		return parse_number("mem", arg, MEM_MIN_MIB, MEM_MAX_MIB,
				    &o->mem_mib);
	case OPT_PROFILE:
		return parse_profile(o, arg);
	case OPT_DISK:
		return add_disk(o, arg, false);
	case OPT_DVD:
		return add_disk(o, arg, true);
	case OPT_SCSI:
		return parse_number("scsi", arg, 0, SCSI_MAX, &o->scsi);
	case OPT_EMULATED_IDE:
		o->emulated_ide = true;
		return 0;
	case OPT_NO_VMBUS_IRQ:
		o->no_vmbus_irq = true;
		return 0;
	case OPT_CONSOLE:
		o->console = arg;
		return 0;
	case OPT_SERIAL2:
		if (!strcmp(arg, "stdio"))
			return complain("--serial2 stdio: expected FILE or unix:PATH");
		o->serial2 = arg;
		return 0;
	case OPT_CONTROL:
		o->control = arg;
		return 0;
	case OPT_NO_REBOOT:
		o->no_reboot = true;
		return 0;
	case OPT_NO_STIMER:
		o->no_stimer = true;
		return 0;
	case OPT_LOG:
		o->log = arg;
		return 0;
	case OPT_VERBOSE:
		o->verbose = true;
		return 0;
	case OPT_FAULT:
		o->fault = arg;
		return 0;
	case OPT_SEED:
		return parse_number("seed", arg, 0, UINT32_MAX, &o->seed);
	default:
		return -1;
	}
}

static int bad_option(char **argv, int opt)
{
	const char *arg = argv[optind - 1];

	if (opt == ':')
		complain("%s needs a value (try --help)", arg);
	else
		complain("unknown option %s (try --help)", arg);
	return HVHOST_EXIT_USAGE;
}

int options_parse(struct options *o, int argc, char **argv)
{
	int opt;

	*o = (struct options){
		.append = "", .cpus = 1, .mem_mib = 512, .scsi = 1, .seed = 1,
		.console = "stdio", .profile = profile_find("ws2022"),
	};
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		switch (opt) {
		case OPT_HELP:
			fputs(help_text, stdout);
			return HVHOST_EXIT_OFF;
		case OPT_VERSION:
			puts("hvhost " HVHOST_VERSION);
			return HVHOST_EXIT_OFF;
		case OPT_LIST_PROFILES:
			list_profiles();
			return HVHOST_EXIT_OFF;
		case OPT_FAULT:
			if (strcmp(optarg, "help"))
				break;
			/* fall through */
		case OPT_LIST_FAULTS:
			fault_print();
			return HVHOST_EXIT_OFF;
		case ':':
		case '?':
			return bad_option(argv, opt);
		}
		if (parse_one(o, opt, optarg) < 0)
			return HVHOST_EXIT_USAGE;
	}
	if (optind < argc) {
		complain("unexpected argument %s (try --help)", argv[optind]);
		return HVHOST_EXIT_USAGE;
	}
	if (!o->kernel) {
		complain("--kernel is missing (try --help)");
		return HVHOST_EXIT_USAGE;
	}
	return -1;
}
