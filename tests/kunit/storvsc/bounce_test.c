// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data that one range cannot describe: what the host gets of a write, what a
 * command gets of a read, and who finds no pages.
 */
#include <kunit/test.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/scatterlist.h>
#include <linux/string.h>
#include <scsi/scsi_cmnd.h>
#include <vmbus/channel.h>
#include "../vmbus/memory.h"
#include "../vmbus/seed.h"
#include "../vmbus/test_channel.h"
#include "bounce.h"
#include "fixture.h"
#include "suites.h"

/* Pages of the largest command. */
#define MOST		16
#define POOL_PAGES	(2 * MOST)
#define MAX_ENTRIES	12
/* Of each entry of a scatterlist, in pages of its own. */
#define ENTRY_BYTES	(2 * PAGE_SIZE)
#define CANARY		0x5a

/**
 * struct layout - a command's scatterlist
 * @what: where it has its gaps
 * @entries: how many
 * @beyond: bytes at the list's end that are not the command's
 * @entry: offset into a page, and length
 */
struct layout {
	const char *what;
	u32 entries;
	u32 beyond;
	struct {
		u32 offset;
		u32 bytes;
	} entry[MAX_ENTRIES];
};

static const struct layout layouts[] = {
	{ "the first entry ends early", 2, 0, { { 0, 1024 }, { 0, 4096 } } },
	{ "the first entry is in the middle of a page", 3, 0,
	  { { 512, 1024 }, { 0, 4096 }, { 0, 4096 } } },
	{ "an entry in the middle starts late", 3, 0,
	  { { 0, 4096 }, { 3072, 1024 }, { 0, 4096 } } },
	{ "an entry in the middle ends early", 3, 0,
	  { { 0, 4096 }, { 0, 1024 }, { 0, 4096 } } },
	{ "the last entry starts late", 3, 0,
	  { { 0, 4096 }, { 0, 4096 }, { 1024, 512 } } },
	{ "blocks of 1 KiB", 6, 0,
	  { { 0, 1024 }, { 3072, 1024 }, { 1024, 1024 }, { 2048, 1024 },
	    { 0, 1024 }, { 1024, 1024 } } },
	{ "bytes at the ends of pages", 5, 0,
	  { { 4095, 1 }, { 0, 1 }, { 1, 4095 }, { 4095, 2 }, { 0, 4095 } } },
	{ "entries that go on in the next page", 3, 0,
	  { { 3000, 4096 }, { 4092, 8 }, { 1, 8191 } } },
	{ "the list goes on after the command", 4, 4096 + 512,
	  { { 0, 512 }, { 0, 1024 }, { 512, 1024 }, { 0, 4096 } } },
};

static struct fixture *f;
static struct storvsc_bounce_pool *pool;
/* The pages of each entry. */
static u8 *entry[MAX_ENTRIES];

static int bounce_init(struct kunit *test)
{
	unsigned int i;

	f = fixture_begin(test);
	pool = storvsc_bounce_alloc(MOST);
	KUNIT_ASSERT_NOT_NULL(test, pool);
	for (i = 0; i < MAX_ENTRIES; i++) {
		entry[i] = (u8 *)__get_free_pages(GFP_KERNEL, 1);
		KUNIT_ASSERT_NOT_NULL(test, entry[i]);
	}
	return 0;
}

static void bounce_exit(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < MAX_ENTRIES; i++) {
		free_pages((unsigned long)entry[i], 1);
		entry[i] = NULL;
	}
	storvsc_bounce_free(pool);
	pool = NULL;
	fixture_end(f);
	f = NULL;
}

/* What a byte of a command is before and after the host has written it. */
static u8 before(u32 at)
{
	return at * 7 + (at >> 8);
}

static u8 after(u32 at)
{
	return ~before(at);
}

/*
 * The command's scatterlist, with its data in place and nothing else. Returns
 * how much data that is.
 */
static u32 lay_out(const struct layout *l)
{
	u32 i, j, at = 0;

	if (l->entries > 2)
		fixture_sg_begin_chained(f, l->entries, l->entries - 2);
	else
		fixture_sg_begin(f, l->entries);
	for (i = 0; i < l->entries; i++) {
		memset(entry[i], CANARY, ENTRY_BYTES);
		for (j = 0; j < l->entry[i].bytes; j++)
			entry[i][l->entry[i].offset + j] = before(at++);
		fixture_sg_entry(f, i, page_to_pfn(virt_to_page(entry[i])),
				 l->entry[i].offset, l->entry[i].bytes);
	}
	f->scmd.sdb.length -= l->beyond;
	return f->scmd.sdb.length;
}

/* The first @moved bytes are the host's, all others as they were. */
static bool buffers_good(const struct layout *l, u32 moved)
{
	u32 i, j, at = 0;
	u8 wanted;

	for (i = 0; i < l->entries; i++) {
		for (j = 0; j < ENTRY_BYTES; j++) {
			wanted = CANARY;
			if (j >= l->entry[i].offset &&
			    j - l->entry[i].offset < l->entry[i].bytes) {
				wanted = at < moved ? after(at) : before(at);
				at++;
			}
			if (entry[i][j] != wanted)
				return false;
		}
	}
	return true;
}

/* Send the command with its data in @bounce; the page numbers in the ring. */
static const u64 *send_bounced(struct kunit *test, const struct storvsc_data *bounce)
{
	u8 *at = f->chan->tx.data + f->chan->tx.index;
	const struct hvg_gpa_range *range = (const void *)(at + 24);

	KUNIT_ASSERT_EQ(test, 0, storvsc_submit(&f->a, &f->a.slots[0],
						&f->scmd, bounce, 30));
	KUNIT_ASSERT_EQ(test, f->scmd.sdb.length, range->bytes);
	KUNIT_ASSERT_EQ(test, 0, range->offset);
	return (const void *)(at + 32);
}

static u8 *host_addr(const u64 *pfns, u32 at)
{
	return (u8 *)__va(pfns[at / HVG_PAGE_SIZE] << HVG_PAGE_SHIFT) +
	       at % HVG_PAGE_SIZE;
}

static void expect_written(struct kunit *test, const struct layout *l)
{
	const struct storvsc_data data = {
		.sgl = f->sgl, .count = l->entries,
	};
	u32 bytes = lay_out(l), at;
	struct storvsc_data bounce;
	const u64 *pfns;

	/* There would be no need. */
	KUNIT_ASSERT_EQ_MSG(test, -EINVAL, fixture_submit(f), "%s", l->what);
	KUNIT_ASSERT_EQ(test, 0, storvsc_bounce_get(pool, bytes, &bounce));
	storvsc_bounce_out(pool, &bounce, &data, bytes);
	pfns = send_bounced(test, &bounce);
	for (at = 0; at < bytes; at++)
		if (*host_addr(pfns, at) != before(at))
			break;
	KUNIT_ASSERT_EQ_MSG(test, bytes, at, "%s", l->what);
	KUNIT_ASSERT_TRUE_MSG(test, buffers_good(l, 0), "%s", l->what);
	fixture_give_back(f);
	storvsc_bounce_put(pool, &bounce);
}

static void expect_read(struct kunit *test, const struct layout *l, u32 moved)
{
	const struct storvsc_data data = {
		.sgl = f->sgl, .count = l->entries,
	};
	u32 bytes = lay_out(l), at;
	struct storvsc_data bounce;
	const u64 *pfns;

	KUNIT_ASSERT_EQ(test, 0, storvsc_bounce_get(pool, bytes, &bounce));
	pfns = send_bounced(test, &bounce);
	/* More than it will say. */
	for (at = 0; at < bytes; at++)
		*host_addr(pfns, at) = after(at);
	storvsc_bounce_in(pool, &bounce, &data, moved);
	KUNIT_ASSERT_TRUE_MSG(test, buffers_good(l, moved), "%s, %u of %u",
			      l->what, moved, bytes);
	fixture_give_back(f);
	storvsc_bounce_put(pool, &bounce);
}

/* All of it, nothing, and up to beside and at the end of each entry. */
static void expect_read_lengths(struct kunit *test, const struct layout *l)
{
	u32 bytes = lay_out(l), end = 0, i, moved;

	for (i = 0; i <= l->entries; i++) {
		for (moved = end ? end - 1 : 0; moved <= end + 1; moved++)
			if (moved <= bytes)
				expect_read(test, l, moved);
		end += i < l->entries ? l->entry[i].bytes : 0;
	}
	expect_read(test, l, bytes);
}

static void bounce_layouts(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		expect_written(test, &layouts[i]);
		expect_read_lengths(test, &layouts[i]);
	}
}

/* The second entry starts late, the others anyhow. */
static void bounce_random(struct kunit *test)
{
	struct layout l = { .what = "at random" };
	struct rnd_state rnd;
	u32 round, i;

	seed_begin(test, &rnd);
	for (round = 0; round < 100; round++) {
		l.entries = 2 + seed_below(&rnd, MAX_ENTRIES - 1);
		for (i = 0; i < l.entries; i++) {
			l.entry[i].offset = i == 1 ?
				1 + seed_below(&rnd, PAGE_SIZE - 1) :
				seed_below(&rnd, PAGE_SIZE);
			l.entry[i].bytes =
				1 + seed_below(&rnd, PAGE_SIZE);
		}
		expect_written(test, &l);
		expect_read(test, &l, seed_below(&rnd, lay_out(&l) + 1));
	}
}

/* Commands at the same time have nothing to do with each other. */
static void bounce_neighbours(struct kunit *test)
{
	const struct layout *l = &layouts[6];
	const struct storvsc_data data = {
		.sgl = f->sgl, .count = l->entries,
	};
	u32 bytes = lay_out(l), pages = DIV_ROUND_UP(bytes, PAGE_SIZE), i, at;
	struct storvsc_data mine, others[POOL_PAGES];
	u32 count = 0;
	u8 *addr;

	KUNIT_ASSERT_EQ(test, 0, storvsc_bounce_get(pool, bytes, &mine));
	KUNIT_ASSERT_GE(test, mine.count, pages);
	while (!storvsc_bounce_get(pool, PAGE_SIZE, &others[count])) {
		KUNIT_ASSERT_EQ(test, 1, others[count].count);
		memset(sg_virt(others[count].sgl), CANARY, PAGE_SIZE);
		count++;
		KUNIT_ASSERT_LT(test, count, POOL_PAGES);
	}
	KUNIT_ASSERT_EQ(test, POOL_PAGES, mine.count + count);
	for (i = 0; i < mine.count; i++)
		memset(sg_virt(&mine.sgl[i]), CANARY, PAGE_SIZE);

	storvsc_bounce_out(pool, &mine, &data, bytes);
	for (at = 0; at < mine.count * PAGE_SIZE; at++) {
		addr = (u8 *)sg_virt(&mine.sgl[at / PAGE_SIZE]) +
		       at % PAGE_SIZE;
		KUNIT_ASSERT_EQ(test, at < bytes ? before(at) : CANARY, *addr);
	}
	for (i = 0; i < count; i++)
		KUNIT_EXPECT_NULL(test, memchr_inv(sg_virt(others[i].sgl),
						   CANARY, PAGE_SIZE));
	storvsc_bounce_put(pool, &mine);
	for (i = 0; i < count; i++)
		storvsc_bounce_put(pool, &others[i]);
}

/* Two of the largest commands have room, and nobody beside them. */
static void bounce_no_room(struct kunit *test)
{
	struct storvsc_data first, second, third, small[POOL_PAGES];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, 0, storvsc_bounce_get(pool, MOST * PAGE_SIZE,
						    &first));
	KUNIT_ASSERT_EQ(test, 0, storvsc_bounce_get(pool, MOST * PAGE_SIZE,
						    &second));
	KUNIT_EXPECT_EQ(test, -EAGAIN, storvsc_bounce_get(pool, 1, &third));
	storvsc_bounce_put(pool, &first);
	KUNIT_ASSERT_EQ(test, 0, storvsc_bounce_get(pool, 1, &third));
	KUNIT_EXPECT_EQ(test, -EAGAIN,
			storvsc_bounce_get(pool, MOST * PAGE_SIZE, &first));
	storvsc_bounce_put(pool, &third);
	storvsc_bounce_put(pool, &second);

	/* It waits for a run of pages, however many there are by themselves. */
	for (i = 0; i < POOL_PAGES; i++)
		KUNIT_ASSERT_EQ(test, 0, storvsc_bounce_get(pool, PAGE_SIZE,
							    &small[i]));
	for (i = 0; i < POOL_PAGES; i += 2)
		storvsc_bounce_put(pool, &small[i]);
	KUNIT_EXPECT_EQ(test, -EAGAIN,
			storvsc_bounce_get(pool, PAGE_SIZE + 1, &first));
	for (i = 1; i < POOL_PAGES; i += 2)
		storvsc_bounce_put(pool, &small[i]);

	/* Never, not just now. */
	KUNIT_EXPECT_EQ(test, -EINVAL,
			storvsc_bounce_get(pool, POOL_PAGES * PAGE_SIZE + 1,
					   &first));
	KUNIT_ASSERT_EQ(test, 0, storvsc_bounce_get(pool, POOL_PAGES * PAGE_SIZE,
						    &first));
	KUNIT_EXPECT_EQ(test, POOL_PAGES, first.count);
	storvsc_bounce_put(pool, &first);
}

/* The largest command need not be of a power of two. */
static void bounce_odd_sizes(struct kunit *test)
{
	static const unsigned int most[] = { 1, 3, 17, 257 };
	struct storvsc_bounce_pool *other;
	struct storvsc_data data[2];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(most); i++) {
		other = storvsc_bounce_alloc(most[i]);
		KUNIT_ASSERT_NOT_NULL(test, other);
		KUNIT_ASSERT_EQ(test, 0, storvsc_bounce_get(other,
							    most[i] * PAGE_SIZE,
							    &data[0]));
		KUNIT_ASSERT_EQ(test, 0, storvsc_bounce_get(other,
							    most[i] * PAGE_SIZE,
							    &data[1]));
		KUNIT_EXPECT_GE(test, data[0].count, most[i]);
		KUNIT_EXPECT_GE(test, data[1].count, most[i]);
		storvsc_bounce_put(other, &data[1]);
		storvsc_bounce_put(other, &data[0]);
		storvsc_bounce_free(other);
	}
}

static void bounce_no_memory(struct kunit *test)
{
	unsigned int number;

	for (number = 1; number <= 4; number++) {
		memory_refuse("storvsc_bounce_alloc", number);
		KUNIT_EXPECT_NULL(test, storvsc_bounce_alloc(MOST));
		KUNIT_EXPECT_TRUE(test, memory_refused());
	}
	/* As who has none does it. */
	storvsc_bounce_free(NULL);
}

static struct kunit_case bounce_cases[] = {
	KUNIT_CASE(bounce_layouts),
	KUNIT_CASE(bounce_random),
	KUNIT_CASE(bounce_neighbours),
	KUNIT_CASE(bounce_no_room),
	KUNIT_CASE(bounce_odd_sizes),
	KUNIT_CASE(bounce_no_memory),
	{}
};

struct kunit_suite bounce_suite = {
	.name = "hvg_bounce",
	.init = bounce_init,
	.exit = bounce_exit,
	.test_cases = bounce_cases,
};
