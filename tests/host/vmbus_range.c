// SPDX-License-Identifier: GPL-2.0-only
/*
 * GPA ranges of a packet as host memory. Works on the private copy of the
 * packet. Runs with the machine lock held. Source: PROTOCOL 4.1.
 */
#include <errno.h>
#include <string.h>

#include "vm.h"
#include "vmbus_host.h"

/* Head and first page number of range @index, with all checks. */
static int range_find(const struct vmbus_packet *pkt, unsigned int index,
		      struct hvg_gpa_range *range, const uint8_t **pfns,
		      uint64_t *pages)
{
	const uint8_t *at = pkt->ranges;
	uint64_t left = pkt->ranges_bytes;
	unsigned int i;

	if (pkt->type != HVG_PACKET_GPA_DIRECT || index >= pkt->range_count)
		return -EPROTO;
	for (i = 0; ; i++) {
		if (left < sizeof(*range))
			return -EPROTO;
		memcpy(range, at, sizeof(*range));
		at += sizeof(*range);
		left -= sizeof(*range);
		if (range->offset >= HVG_PAGE_SIZE)
			return -EPROTO;
		*pages = ((uint64_t)range->offset + range->bytes +
			  HVG_PAGE_SIZE - 1) >> HVG_PAGE_SHIFT;
		if (*pages > left / sizeof(uint64_t))
			return -EPROTO;
		if (i == index)
			break;
		at += *pages * sizeof(uint64_t);
		left -= *pages * sizeof(uint64_t);
	}
	*pfns = at;
	return 0;
}

/**
 * vmbus_range_bytes() - length of a GPA range
 * @pkt: GPA-direct packet
 * @index: which range
 *
 * Return: bytes, or -EPROTO: there is no such range, or it is malformed.
 */
int64_t vmbus_range_bytes(const struct vmbus_packet *pkt, unsigned int index)
{
	struct hvg_gpa_range range;
	const uint8_t *pfns;
	uint64_t pages;

	if (range_find(pkt, index, &range, &pfns, &pages))
		return -EPROTO;
	return range.bytes;
}

/**
 * vmbus_range_iov() - a GPA range as host memory
 * @pkt: GPA-direct packet
 * @index: which range
 * @iov: filled in; neighbouring pages are merged
 * @max: entries of @iov
 *
 * Return: entries used; -EPROTO malformed, -EFAULT a page is not RAM,
 * -E2BIG more than @max pieces.
 */
int vmbus_range_iov(const struct vmbus_packet *pkt, unsigned int index,
		    struct iovec *iov, unsigned int max)
{
	struct hvg_gpa_range range;
	const uint8_t *pfns;
	uint64_t pages, i, pfn;
	unsigned int n = 0;
	uint32_t offset, left, part;
	uint8_t *page;

	if (range_find(pkt, index, &range, &pfns, &pages))
		return -EPROTO;
	offset = range.offset;
	left = range.bytes;
	for (i = 0; i < pages; i++) {
		memcpy(&pfn, pfns + i * sizeof(pfn), sizeof(pfn));
		page = pfn >> 40 ? NULL : vm_ram(pfn << HVG_PAGE_SHIFT,
						 HVG_PAGE_SIZE);
		if (!page)
			return -EFAULT;
		part = HVG_PAGE_SIZE - offset;
		if (part > left)
			part = left;
		if (n && (uint8_t *)iov[n - 1].iov_base + iov[n - 1].iov_len ==
			 page + offset) {
			iov[n - 1].iov_len += part;
		} else {
			if (n == max)
				return -E2BIG;
			iov[n].iov_base = page + offset;
			iov[n].iov_len = part;
			n++;
		}
		left -= part;
		offset = 0;
	}
	return n;
}
