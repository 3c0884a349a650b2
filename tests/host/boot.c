// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading a bzImage by the 32-bit boot protocol, which every kernel since
 * 2.6.18 has, i386 and x86-64 alike. Source: the kernel's documentation of
 * the x86 boot protocol. Runs on the main thread while no vCPU runs.
 */
#include <asm/bootparam.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vm_priv.h"

/* Low memory, below what a kernel uses before it has read these. */
#define BOOT_GDT		0x00006000
#define BOOT_PARAMS		0x00007000
#define BOOT_CMDLINE		0x00020000
#define BOOT_STACK		0x00006ff0
#define BOOT_CMDLINE_MAX	0x00010000

#define SETUP_HEADER		0x1f1
#define SETUP_MAGIC		0x53726448	/* "HdrS" */
#define SETUP_SECTOR		512
#define SETUP_MIN_VERSION	0x0204
#define SETUP_SECTORS_DEFAULT	4

#define E820_RAM		1
#define E820_RESERVED		2

/*
 * 640x480 in 16 colours: a mode in which no kernel takes over a VGA text
 * console, as there is none. Without a mode those before 2.6.38 try to, and
 * divide by its zero columns.
 */
#define VIDEO_MODE_GRAPHICS	0x12

#define BOOT_CS			0x10
#define BOOT_DS			0x18

static int kernel_fd = -1, initrd_fd = -1;
static uint64_t kernel_size, initrd_size;
static struct setup_header header;

static int read_at(int fd, void *buf, size_t len, uint64_t offset)
{
	ssize_t n;

	while (len) {
		n = pread(fd, buf, len, offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -EIO;
		buf = (char *)buf + n;
		len -= n;
		offset += n;
	}
	return 0;
}

static int open_file(const char *option, const char *path, uint64_t *size)
{
	struct stat st;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		complain("%s %s: %s", option, path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (!S_ISREG(st.st_mode)) {
		close(fd);
		return complain("%s %s: not a regular file", option, path);
	}
	*size = st.st_size;
	return fd;
}

static uint64_t setup_bytes(void)
{
	unsigned int sectors = header.setup_sects;

	return ((sectors ? sectors : SETUP_SECTORS_DEFAULT) + 1) *
	       SETUP_SECTOR;
}

static int read_header(const char *path)
{
	uint8_t start[SETUP_HEADER + sizeof(header)];
	size_t len, have;

	memset(start, 0, sizeof(start));
	have = kernel_size < sizeof(start) ? kernel_size : sizeof(start);
	if (read_at(kernel_fd, start, have, 0) < 0)
		return complain("--kernel %s: %s", path, strerror(errno));
	/* The header ends where its jump instruction leads to. */
	memcpy(&header, start + SETUP_HEADER, sizeof(header));
	len = 0x202 - SETUP_HEADER + start[0x201];
	if (len < sizeof(header))
		memset((char *)&header + len, 0, sizeof(header) - len);

	if (header.boot_flag != 0xaa55 || header.header != SETUP_MAGIC)
		return complain("--kernel %s: not a bzImage: no setup header",
				path);
	if (header.version < SETUP_MIN_VERSION ||
	    !(header.loadflags & LOADED_HIGH))
		return complain("--kernel %s: boot protocol %u.%02u, expected a bzImage of at least 2.04",
				path, header.version >> 8,
				header.version & 0xff);
	if (kernel_size <= setup_bytes())
		return complain("--kernel %s: truncated: %llu bytes, setup alone has %llu",
				path, (unsigned long long)kernel_size,
				(unsigned long long)setup_bytes());
	return 0;
}

/**
 * boot_check - open kernel and initrd, and see that they are fit to boot
 *
 * The files stay open, so that a reset finds them whatever became of the
 * paths. Return: 0, or -1 after a complaint.
 */
int boot_check(const char *kernel, const char *initrd)
{
	kernel_fd = open_file("--kernel", kernel, &kernel_size);
	if (kernel_fd < 0 || read_header(kernel) < 0)
		return -1;
	if (!initrd)
		return 0;
	initrd_fd = open_file("--initrd", initrd, &initrd_size);
	if (initrd_fd < 0)
		return -1;
	if (initrd_size >> 32)
		return complain("--initrd %s: larger than 4 GiB", initrd);
	return 0;
}

void boot_fini(void)
{
	if (kernel_fd >= 0)
		close(kernel_fd);
	if (initrd_fd >= 0)
		close(initrd_fd);
	kernel_fd = -1;
	initrd_fd = -1;
}

static int load(int fd, const char *path, uint64_t gpa, uint64_t len,
		uint64_t offset)
{
	void *to = vm_ram(gpa, len);
	int err;

	if (!to)
		return complain("%s: %llu bytes do not fit into %u MiB of memory",
				path, (unsigned long long)len, vm.opt->mem_mib);
	err = read_at(fd, to, len, offset);
	if (err)
		return complain("%s: %s", path, strerror(-err));
	return 0;
}

/* The first address that a kernel may use before it knows its memory map. */
static uint64_t kernel_end(void)
{
	uint64_t end = MEM_HIGH + kernel_size - setup_bytes();

	if (header.version >= 0x020a && header.init_size &&
	    header.pref_address + header.init_size > end)
		end = header.pref_address + header.init_size;
	return end;
}

/* As high as kernel and memory allow. */
static int load_initrd(struct boot_params *params)
{
	uint64_t top = vm.low_size, max = header.initrd_addr_max, start;

	if (initrd_fd < 0)
		return 0;
	if (max && top > max + 1)
		top = max + 1;
	if (top < initrd_size ||
	    (start = (top - initrd_size) & ~0xfffull) < kernel_end())
		return complain("--initrd %s: %llu bytes do not fit above the kernel in %u MiB of memory",
				vm.opt->initrd, (unsigned long long)initrd_size,
				vm.opt->mem_mib);
	params->hdr.ramdisk_image = start;
	params->hdr.ramdisk_size = initrd_size;
	return load(initrd_fd, vm.opt->initrd, start, initrd_size, 0);
}

static int set_cmdline(struct boot_params *params)
{
	size_t len = strlen(vm.opt->append), max = 255;

	if (header.version >= 0x0206 && header.cmdline_size)
		max = header.cmdline_size;
	if (max > BOOT_CMDLINE_MAX - 1)
		max = BOOT_CMDLINE_MAX - 1;
	if (len > max)
		return complain("--append: %zu bytes, this kernel takes %zu",
				len, max);
	memcpy(vm_ram(BOOT_CMDLINE, len + 1), vm.opt->append, len + 1);
	params->hdr.cmd_line_ptr = BOOT_CMDLINE;
	return 0;
}

static void add_e820(struct boot_params *params, uint64_t from, uint64_t to,
		     uint32_t type)
{
	struct boot_e820_entry *e = &params->e820_table[params->e820_entries];

	if (from >= to)
		return;
	e->addr = from;
	e->size = to - from;
	e->type = type;
	params->e820_entries++;
}

static void set_memory_map(struct boot_params *params)
{
	uint64_t kib = (vm.low_size - MEM_HIGH) >> 10;

	add_e820(params, 0, MEM_LOW_END, E820_RAM);
	add_e820(params, MEM_LOW_END, 0xa0000, E820_RESERVED);
	add_e820(params, MEM_ACPI, MEM_ACPI_END, E820_RESERVED);
	add_e820(params, MEM_HIGH, vm.low_size, E820_RAM);
	add_e820(params, 0xfec00000, 0xfec01000, E820_RESERVED);
	add_e820(params, 0xfee00000, 0xfee01000, E820_RESERVED);
	add_e820(params, 0xfeffc000, 0xff000000, E820_RESERVED);
	add_e820(params, MEM_HOLE_END,
		 MEM_HOLE_END + vm.ram_size - vm.low_size, E820_RAM);
	/* What kernels without e820 go by. */
	params->alt_mem_k = kib;
	params->screen_info.ext_mem_k = kib < 0xfc00 ? kib : 0xfc00;
}

/* Flat 4 GiB segments at the selectors that the protocol asks for. */
static void set_gdt(void)
{
	uint64_t *gdt = vm_ram(BOOT_GDT, 4 * sizeof(*gdt));

	gdt[0] = 0;
	gdt[1] = 0;
	gdt[BOOT_CS / 8] = 0x00cf9b000000ffffull;
	gdt[BOOT_DS / 8] = 0x00cf93000000ffffull;
}

/*
 * Kernels told to reboot=bios jump to the firmware's entry in real mode. All
 * of our firmware is there: mov $0xfe, %al; out %al, $0x64; hlt; jmp back
 */
static void set_reset_vector(void)
{
	static const uint8_t code[] = {
		0xb0, 0xfe, 0xe6, 0x64, 0xf4, 0xeb, 0xfd,
	};

	memcpy(vm_ram(MEM_ACPI_END - 16, sizeof(code)), code, sizeof(code));
}

int boot_load(void)
{
	struct boot_params *params = vm_ram(BOOT_PARAMS, sizeof(*params));

	memset(params, 0, sizeof(*params));
	params->hdr = header;
	params->hdr.type_of_loader = 0xff;
	params->hdr.vid_mode = 0xffff;		/* normal */
	params->screen_info.orig_video_mode = VIDEO_MODE_GRAPHICS;
	params->hdr.loadflags &= ~CAN_USE_HEAP;
	params->hdr.ramdisk_image = 0;
	params->hdr.ramdisk_size = 0;
	params->hdr.code32_start = MEM_HIGH;
	if (set_cmdline(params) < 0)
		return -1;
	set_memory_map(params);
	set_gdt();
	set_reset_vector();
	params->acpi_rsdp_addr = acpi_build();
	smbios_build();
	if (kernel_end() > vm.low_size)
		return complain("--mem %u: this kernel needs at least %llu MiB",
				vm.opt->mem_mib,
				(unsigned long long)(kernel_end() >> 20) + 1);
	if (load(kernel_fd, vm.opt->kernel, MEM_HIGH,
		 kernel_size - setup_bytes(), setup_bytes()) < 0)
		return -1;
	return load_initrd(params);
}

static struct kvm_segment flat_segment(uint16_t selector, uint8_t type)
{
	return (struct kvm_segment){
		.limit = 0xffffffff,
		.selector = selector,
		.type = type,
		.present = 1,
		.db = 1,
		.s = 1,
		.g = 1,
	};
}

/* Protected mode without paging, as the 32-bit boot protocol has it. */
int boot_cpu(struct vcpu *v)
{
	struct kvm_sregs sregs = { 0 };
	struct kvm_regs regs = {
		.rip = MEM_HIGH,
		.rsi = BOOT_PARAMS,
		.rsp = BOOT_STACK,
		.rflags = 2,
	};

	if (ioctl(v->fd, KVM_GET_SREGS, &sregs) < 0)
		return complain("registers: %s", strerror(errno));
	sregs.cs = flat_segment(BOOT_CS, 0xb);
	sregs.ds = flat_segment(BOOT_DS, 0x3);
	sregs.es = sregs.ds;
	sregs.fs = sregs.ds;
	sregs.gs = sregs.ds;
	sregs.ss = sregs.ds;
	sregs.gdt.base = BOOT_GDT;
	sregs.gdt.limit = 4 * 8 - 1;
	sregs.cr0 |= 1;
	if (ioctl(v->fd, KVM_SET_SREGS, &sregs) < 0 ||
	    ioctl(v->fd, KVM_SET_REGS, &regs) < 0)
		return complain("registers: %s", strerror(errno));
	return 0;
}
