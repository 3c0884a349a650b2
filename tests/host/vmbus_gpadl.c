// SPDX-License-Identifier: GPL-2.0-only
/*
 * GPADLs: descriptions of guest memory, sent in a header and body messages.
 * Everything is checked before the answer, so that what is created can be
 * used without another look. Runs with the machine lock held.
 * Source: PROTOCOL 3.6.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "profile.h"
#include "record.h"
#include "vm.h"
#include "vmbus_host.h"

static struct vmbus_gpadl *gpadls;
static uint64_t total_bytes;

static void gpadl_free(struct vmbus_gpadl *gpadl)
{
	struct vmbus_gpadl **p;

	for (p = &gpadls; *p != gpadl; p = &(*p)->next)
		;
	*p = gpadl->next;
	total_bytes -= gpadl->bytes;
	free(gpadl->words);
	free(gpadl);
}

uint64_t vmbus_gpadls_bytes(void)
{
	return total_bytes;
}

/* A GPADL of @chan by id, whatever its state. */
struct vmbus_gpadl *vmbus_gpadl_find(struct vmbus_channel *chan, uint32_t id)
{
	struct vmbus_gpadl *g;

	for (g = gpadls; g; g = g->next)
		if (g->chan == chan && g->id == id)
			return g;
	return NULL;
}

/* Body messages do not name the channel: one GPADL of an id at a time. */
static struct vmbus_gpadl *find_collecting(uint32_t id)
{
	struct vmbus_gpadl *g;

	for (g = gpadls; g; g = g->next)
		if (g->id == id && g->state == GPADL_COLLECTING)
			return g;
	return NULL;
}

/* One range at @words; its page numbers, or NULL and what is wrong. */
static const uint64_t *check_range(const uint64_t *words, uint32_t left,
				   uint32_t *pages, const char **wrong)
{
	struct hvg_gpa_range range;
	uint64_t count;
	uint32_t i;

	if (!left) {
		*wrong = "fewer ranges than announced";
		return NULL;
	}
	memcpy(&range, words, sizeof(range));
	if (!range.bytes || range.offset >= HVG_PAGE_SIZE) {
		*wrong = "a range is empty or its offset beyond the page";
		return NULL;
	}
	count = ((uint64_t)range.offset + range.bytes + HVG_PAGE_SIZE - 1) >>
		HVG_PAGE_SHIFT;
	if (count > left - 1) {
		*wrong = "fewer page numbers than the range's bytes need";
		return NULL;
	}
	for (i = 1; i <= count; i++) {
		if (words[i] >> 40 ||
		    !vm_ram(words[i] << HVG_PAGE_SHIFT, HVG_PAGE_SIZE)) {
			*wrong = "a page is not RAM";
			return NULL;
		}
	}
	*pages = count;
	return words + 1;
}

static const char *check_ranges(struct vmbus_gpadl *gpadl)
{
	const uint64_t *words = gpadl->words, *pfns;
	uint32_t left = gpadl->word_count, pages, i;
	const char *wrong = NULL;
	uint64_t limit;

	limit = (uint64_t)vm_profile()->max_gpadl_mib << 20;
	for (i = 0; i < gpadl->range_count; i++) {
		pfns = check_range(words, left, &pages, &wrong);
		if (!pfns)
			return wrong;
		words = pfns + pages;
		left -= pages + 1;
		gpadl->bytes += (uint64_t)pages << HVG_PAGE_SHIFT;
		total_bytes += (uint64_t)pages << HVG_PAGE_SHIFT;
	}
	if (total_bytes > limit)
		return "more GPADL memory than the host allows";
	return NULL;
}

static void send_created(uint32_t channel, uint32_t id, uint32_t status)
{
	struct hvg_msg_gpadl_created msg = {
		.header.type = HVG_MSG_GPADL_CREATED,
		.channel = channel,
		.gpadl = id,
		.status = (hvg_s32)status,
	};

	vmbus_send(&msg, sizeof(msg));
}

static void send_torndown(uint32_t id)
{
	struct hvg_msg_gpadl_torndown msg = {
		.header.type = HVG_MSG_GPADL_TORNDOWN,
		.gpadl = id,
	};

	vmbus_send(&msg, sizeof(msg));
}

static void record_gpadl(const struct vmbus_gpadl *gpadl, const char *refused)
{
	json_t *details;

	details = json_pack("{s:I, s:I, s:I, s:I, s:b}",
			    "channel", (json_int_t)gpadl->chan->id,
			    "gpadl", (json_int_t)gpadl->id,
			    "bytes", (json_int_t)gpadl->bytes,
			    "ranges", (json_int_t)gpadl->range_count,
			    "created", !refused);
	if (refused)
		json_object_set_new(details, "why", json_string(refused));
	record_event("gpadl", details);
}

/* All words are there: check them and answer. */
static void complete(struct vmbus_gpadl *gpadl)
{
	/* The channel's service has a close to see to first. */
	if (gpadl->chan->state == CHANNEL_CLOSING) {
		gpadl->state = GPADL_WAITING;
		return;
	}
	if (!gpadl->refused)
		gpadl->refused = check_ranges(gpadl);
	if (!gpadl->refused && gpadl->chan->state == CHANNEL_RESCINDED)
		gpadl->refused = "the channel is rescinded";
	record_gpadl(gpadl, gpadl->refused);
	if (gpadl->refused) {
		hlog("vmbus: gpadl %#x refused: %s", gpadl->id,
		     gpadl->refused);
		send_created(gpadl->chan->id, gpadl->id,
			     VMBUS_STATUS_UNSUCCESSFUL);
		gpadl_free(gpadl);
		return;
	}
	gpadl->state = GPADL_CREATED;
	send_created(gpadl->chan->id, gpadl->id, VMBUS_STATUS_SUCCESS);
}

/*
 * Take the page numbers of one message. Some clients always send messages
 * of full length: what is beyond the announced words does not count.
 */
static void append(struct vmbus_gpadl *gpadl, const void *words,
		   uint32_t count)
{
	uint32_t left = gpadl->word_count - gpadl->have;

	if (count > left)
		count = left;
	memcpy(gpadl->words + gpadl->have, words, count * sizeof(uint64_t));
	gpadl->have += count;
	if (gpadl->have == gpadl->word_count)
		complete(gpadl);
}

void vmbus_gpadl_header(const struct hvg_msg_gpadl_header *msg,
			const void *words, uint32_t count)
{
	uint32_t word_count = msg->range_bytes / sizeof(uint64_t);
	struct vmbus_channel *chan;
	struct vmbus_gpadl *gpadl;

	chan = vmbus_channel_lookup(msg->channel, msg->header.type);
	if (!chan)
		return;
	if (vmbus_device_taken(chan, FAULT_RESCIND_GPADL))
		return;
	/* An answer would name the GPADL that stands under this id. */
	if (vmbus_gpadl_find(chan, msg->gpadl) || find_collecting(msg->gpadl)) {
		vmbus_reject(msg->header.type, "gpadl %#x exists",
			     msg->gpadl);
		return;
	}
	gpadl = calloc(1, sizeof(*gpadl));
	if (!gpadl)
		abort();
	gpadl->words = calloc(word_count + 1, sizeof(uint64_t));
	if (!gpadl->words)
		abort();
	gpadl->chan = chan;
	gpadl->id = msg->gpadl;
	gpadl->word_count = word_count;
	gpadl->range_count = msg->range_count;
	gpadl->next = gpadls;
	gpadls = gpadl;
	if (!msg->range_count || word_count < 2 ||
	    msg->range_bytes % sizeof(uint64_t))
		gpadl->refused = "no range, or range bytes not of whole words";
	append(gpadl, words, count);
}

void vmbus_gpadl_body(const struct hvg_msg_gpadl_body *msg,
		      const void *words, uint32_t count)
{
	struct vmbus_gpadl *gpadl = find_collecting(msg->gpadl);

	if (!gpadl) {
		vmbus_reject(msg->header.type, "no gpadl %#x waits for a body",
			     msg->gpadl);
		return;
	}
	if (!count) {
		vmbus_reject(msg->header.type, "gpadl %#x: empty body",
			     msg->gpadl);
		return;
	}
	append(gpadl, words, count);
}

void vmbus_gpadl_teardown(const struct hvg_msg_gpadl_teardown *msg)
{
	struct vmbus_channel *chan;
	struct vmbus_gpadl *gpadl;

	chan = vmbus_channel_lookup(msg->channel, msg->header.type);
	if (!chan)
		return;
	gpadl = vmbus_gpadl_find(chan, msg->gpadl);
	if (!gpadl || gpadl->state != GPADL_CREATED) {
		vmbus_reject(msg->header.type,
			     "channel %u has no created gpadl %#x",
			     msg->channel, msg->gpadl);
		return;
	}
	record_event("gpadl_teardown",
		     json_pack("{s:I, s:I, s:b}",
			       "channel", (json_int_t)chan->id,
			       "gpadl", (json_int_t)gpadl->id,
			       "in_use", gpadl->in_use));
	/* The host lets go of the pages when the ring on them is closed. */
	if (gpadl->in_use) {
		gpadl->state = GPADL_TEARING_DOWN;
		return;
	}
	send_torndown(gpadl->id);
	gpadl_free(gpadl);
}

/*
 * The page numbers of a GPADL that is one range of whole pages, as rings
 * are. -EINVAL otherwise.
 */
int vmbus_gpadl_pages(const struct vmbus_gpadl *gpadl, const uint64_t **pfns,
		      uint32_t *count)
{
	struct hvg_gpa_range range;

	memcpy(&range, gpadl->words, sizeof(range));
	if (gpadl->range_count != 1 || range.offset ||
	    range.bytes % HVG_PAGE_SIZE)
		return -EINVAL;
	*pfns = gpadl->words + 1;
	*count = range.bytes / HVG_PAGE_SIZE;
	return 0;
}

/* The ring on a GPADL was closed. */
void vmbus_gpadl_put(struct vmbus_gpadl *gpadl)
{
	gpadl->in_use = false;
	if (gpadl->state != GPADL_TEARING_DOWN)
		return;
	send_torndown(gpadl->id);
	gpadl_free(gpadl);
}

/* The channel has closed: answer what had to wait for that. */
void vmbus_gpadls_closed(struct vmbus_channel *chan)
{
	struct vmbus_gpadl *g, *next;

	for (g = gpadls; g; g = next) {
		next = g->next;
		if (g->chan == chan && g->state == GPADL_WAITING)
			complete(g);
	}
}

/* The channel is rescinded: what waits for bodies is refused at its end. */
void vmbus_gpadls_rescind(struct vmbus_channel *chan)
{
	struct vmbus_gpadl *g;

	for (g = gpadls; g; g = g->next)
		if (g->chan == chan && g->state == GPADL_COLLECTING)
			g->refused = "the channel is rescinded";
}

/* The guest let go of the channel and with it of its GPADLs. */
void vmbus_gpadls_release(struct vmbus_channel *chan)
{
	struct vmbus_gpadl *g, *next;

	for (g = gpadls; g; g = next) {
		next = g->next;
		if (g->chan == chan)
			gpadl_free(g);
	}
}

void vmbus_gpadls_drop(void)
{
	while (gpadls)
		gpadl_free(gpadls);
}
