/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disk images: raw files and block devices behind one io_uring. Everything
 * runs on the loop thread with the machine lock held.
 */
#ifndef HVHOST_IMAGE_H
#define HVHOST_IMAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/uio.h>

enum image_op {
	IMAGE_READ,
	IMAGE_WRITE,
	IMAGE_SYNC,
	IMAGE_DISCARD,
	IMAGE_FILL,
	IMAGE_OPS
};

/**
 * struct image_fault - trouble to make on purpose
 * @error: errno of the next @count operations of a kind; 0: none
 * @count: how many are left, by enum image_op
 * @delay_ms: hold every operation that long before it starts
 */
struct image_fault {
	int error;
	unsigned int count[IMAGE_OPS];
	unsigned int delay_ms;
};

/**
 * struct image - an open file
 * @refs: the logical unit and each operation in flight hold one
 * @size: bytes
 * @no_punch: the file system cannot punch holes, zeroes are written instead
 */
struct image {
	unsigned int refs;
	int fd;
	char *path;
	uint64_t size;
	bool ro;
	bool no_punch;
	struct image_fault fault;
};

struct image_io;
typedef void (*image_done_fn)(struct image_io *io);

/**
 * struct image_io - one operation on an image
 * @done: called from image_deliver() with @result set
 * @owner: what image_drain() selects by
 * @moved: bytes done so far, also after an error
 * @result: bytes moved, or a negative errno
 *
 * The memory behind @iov and @pattern stays valid until @done was called.
 * The rest is image.c's own.
 */
struct image_io {
	image_done_fn done;
	const void *owner;
	uint64_t moved;
	int64_t result;

	struct image *image;
	enum image_op op;
	bool fua;
	bool cancelled;
	bool waiting_delay;
	bool over;
	uint64_t offset;
	uint64_t left;
	struct iovec *iov;
	unsigned int iov_count;
	uint8_t *pattern;
	struct iovec *pattern_iov;
	int forced_error;
	TAILQ_ENTRY(image_io) link;
};

/* Operations that the kernel may hold at a time, over all images. */
#define IMAGE_RING_ENTRIES	1024

int image_ring_init(void);
void image_ring_fini(void);

struct image *image_open(const char *path, bool ro, char **error);
struct image *image_get(struct image *image);
void image_put(struct image *image);
int image_resize(struct image *image, uint64_t size);

/*
 * Queue an operation; image_kick() hands all queued ones to the kernel.
 * @io->done and @io->owner are set by the caller. @iov is used up.
 */
void image_read(struct image_io *io, struct image *image, uint64_t offset,
		uint64_t bytes, struct iovec *iov, unsigned int iov_count);
void image_write(struct image_io *io, struct image *image, uint64_t offset,
		 uint64_t bytes, struct iovec *iov, unsigned int iov_count,
		 bool fua);
void image_sync(struct image_io *io, struct image *image);
void image_discard(struct image_io *io, struct image *image, uint64_t offset,
		   uint64_t bytes);
/* Write @pattern over and over; it is copied. */
void image_fill(struct image_io *io, struct image *image, uint64_t offset,
		uint64_t bytes, const void *pattern, uint32_t pattern_bytes,
		bool fua);
void image_kick(void);

/* Start what its image's delay holds, or end it undone: -ECANCELED. */
void image_release(struct image *image);
void image_drop(struct image *image);
/* Try to stop it; it ends through @done all the same, perhaps -ECANCELED. */
void image_cancel(struct image_io *io);
/*
 * Cancel all operations of @owner (NULL: all) and wait until the kernel does
 * not touch their memory any more. Their @done is called later, from the
 * loop. Returns how many are still with the kernel after @timeout_ms.
 */
unsigned int image_drain(const void *owner, unsigned int timeout_ms);
/* While held, results are kept back. */
void image_hold_results(bool hold);
/* Called after a batch of results was delivered. */
void image_set_batch_end(void (*fn)(void));
unsigned int image_in_flight(void);

#endif
