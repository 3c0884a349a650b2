// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin of QEMU's that counts the instructions which kernels execute.
 *
 *   -plugin insns.so,table=PATH
 *
 * PATH becomes a table of 64-bit counters, one for each 16 bytes of the
 * addresses where kernels and their modules are, that can be read at any time;
 * most of it is a hole. What runs in a guest of the emulated machine is counted
 * like the machine itself: the reader has to know which addresses are whose
 * (tests/lib/insns.py).
 *
 * A block of instructions is counted when it is entered, where it begins; few
 * are left before their end. Counters are exact on one CPU.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The part of QEMU's plugin interface that is needed here, of version 1. */
struct qemu_plugin_tb;
struct qemu_info;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };

void qemu_plugin_register_vcpu_tb_trans_cb(
	uint64_t id, void (*cb)(uint64_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_cb(
	struct qemu_plugin_tb *tb, void (*cb)(unsigned int vcpu, void *data),
	enum qemu_plugin_cb_flags flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);

#define EXPORT __attribute__((visibility("default")))

EXPORT int qemu_plugin_version = 1;

#define BASE		0xffffffff80000000ull
#define LINE_SHIFT	4
#define LINES		(0x80000000ull >> LINE_SHIFT)

static uint64_t *counters;

/**
 * struct block - what all blocks that begin on one line and are as long share
 * @next: of the same line
 * @counter: of the line
 * @insns: instructions
 */
struct block {
	struct block *next;
	uint64_t *counter;
	uint64_t insns;
};

static void block_entered(unsigned int vcpu, void *data)
{
	const struct block *block = data;

	(void)vcpu;
	*block->counter += block->insns;
}

static struct block *block_get(uint64_t line, uint64_t insns)
{
	static struct block *known[LINES];
	struct block *block;

	for (block = known[line]; block; block = block->next)
		if (block->insns == insns)
			return block;
	block = malloc(sizeof(*block));
	if (!block)
		abort();
	block->next = known[line];
	block->counter = &counters[line];
	block->insns = insns;
	known[line] = block;
	return block;
}

static void block_made(uint64_t id, struct qemu_plugin_tb *tb)
{
	uint64_t address = qemu_plugin_tb_vaddr(tb);

	(void)id;
	if (address < BASE)
		return;
	qemu_plugin_register_vcpu_tb_exec_cb(
		tb, block_entered, QEMU_PLUGIN_CB_NO_REGS,
		block_get((address - BASE) >> LINE_SHIFT,
			  qemu_plugin_tb_n_insns(tb)));
}

EXPORT int qemu_plugin_install(uint64_t id, const struct qemu_info *info,
			       int argc, char **argv)
{
	int fd;

	(void)info;
	if (argc != 1 || strncmp(argv[0], "table=", 6)) {
		fprintf(stderr, "insns: expected table=PATH and nothing else\n");
		return -1;
	}
	fd = open(argv[0] + 6, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || ftruncate(fd, LINES * sizeof(*counters))) {
		perror(argv[0] + 6);
		return -1;
	}
	counters = mmap(NULL, LINES * sizeof(*counters),
			PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (counters == MAP_FAILED) {
		perror("insns: mmap");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, block_made);
	return 0;
}
