// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disk images on io_uring: the kernel moves data straight between the guest's
 * pages and the file, in any order. Completions wake the loop by an eventfd.
 *
 * Results are collected from the ring and delivered in two steps, so that a
 * channel can wait for the kernel to let go of guest memory without running
 * another channel's completions from inside its close.
 *
 * Context: loop thread, machine lock held.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image.h"
#include "loop.h"
#include "record.h"

#define IMAGE_IOV_MAX		1024	/* UIO_MAXIOV */
#define IMAGE_FILL_BYTES	(64 * 1024)
#define IMAGE_FILL_IOVS		256

/* user_data is the image_io; these tag what belongs to it but is not it. */
#define TAG_DELAY		1ull
#define TAG_CANCEL		2ull
#define TAG_MASK		3ull

TAILQ_HEAD(image_io_list, image_io);

static struct io_uring ring;
static bool ring_ready;
static int ring_event = -1;
static bool hold_results;
static void (*batch_end)(void);
static struct image_io_list in_flight = TAILQ_HEAD_INITIALIZER(in_flight);
static struct image_io_list finished = TAILQ_HEAD_INITIALIZER(finished);
static unsigned int in_flight_count;

unsigned int image_in_flight(void)
{
	return in_flight_count;
}

void image_set_batch_end(void (*fn)(void))
{
	batch_end = fn;
}

/* Let the loop come by, as if a completion had arrived. */
static void ring_kick_loop(void)
{
	uint64_t one = 1;
	ssize_t n = write(ring_event, &one, sizeof(one));

	(void)n;	/* a full counter wakes the loop just as well */
}

void image_kick(void)
{
	int ret;

	if (!io_uring_sq_ready(&ring))
		return;
	do {
		ret = io_uring_submit(&ring);
	} while (ret == -EINTR);
	if (ret < 0 && ret != -EBUSY && ret != -EAGAIN)
		hlog("storage: io_uring_submit: %s", strerror(-ret));
	else if (ret < 0)
		ring_kick_loop();
}

static struct io_uring_sqe *ring_sqe(unsigned int need)
{
	/* Linked entries must go to the kernel in one piece. */
	while (io_uring_sq_space_left(&ring) < need)
		image_kick();
	return io_uring_get_sqe(&ring);
}

static void prep_fill(struct io_uring_sqe *sqe, struct image_io *io)
{
	uint64_t left = io->left;
	unsigned int n = 0;

	while (left && n < IMAGE_FILL_IOVS) {
		uint64_t part = left < IMAGE_FILL_BYTES ?
				left : IMAGE_FILL_BYTES;

		/* A short write may have stopped inside the pattern. */
		if (!n && io->moved % IMAGE_FILL_BYTES) {
			uint64_t skip = io->moved % IMAGE_FILL_BYTES;

			if (part > IMAGE_FILL_BYTES - skip)
				part = IMAGE_FILL_BYTES - skip;
			io->pattern_iov[n].iov_base = io->pattern + skip;
		} else {
			io->pattern_iov[n].iov_base = io->pattern;
		}
		io->pattern_iov[n++].iov_len = part;
		left -= part;
	}
	io_uring_prep_writev2(sqe, io->image->fd, io->pattern_iov, n,
			      io->offset, io->fua ? RWF_DSYNC : 0);
}

static void prep_op(struct io_uring_sqe *sqe, struct image_io *io)
{
	int fd = io->image->fd;
	unsigned int n = io->iov_count < IMAGE_IOV_MAX ?
			 io->iov_count : IMAGE_IOV_MAX;

	if (io->forced_error) {
		io_uring_prep_nop(sqe);
		return;
	}
	switch (io->op) {
	case IMAGE_READ:
		io_uring_prep_readv(sqe, fd, io->iov, n, io->offset);
		break;
	case IMAGE_WRITE:
		io_uring_prep_writev2(sqe, fd, io->iov, n, io->offset,
				      io->fua ? RWF_DSYNC : 0);
		break;
	case IMAGE_SYNC:
		io_uring_prep_fsync(sqe, fd, IORING_FSYNC_DATASYNC);
		break;
	case IMAGE_DISCARD:
		io_uring_prep_fallocate(sqe, fd, FALLOC_FL_PUNCH_HOLE |
					FALLOC_FL_KEEP_SIZE,
					io->offset, io->left);
		break;
	default:
		prep_fill(sqe, io);
		break;
	}
}

static void queue_io(struct image_io *io, bool first)
{
	static struct __kernel_timespec delay;
	struct image_fault *fault = &io->image->fault;
	struct io_uring_sqe *sqe;

	if (first && fault->delay_ms) {
		delay.tv_sec = fault->delay_ms / 1000;
		delay.tv_nsec = fault->delay_ms % 1000 * 1000000ll;
		sqe = ring_sqe(2);
		io_uring_prep_timeout(sqe, &delay, 0,
				      IORING_TIMEOUT_ETIME_SUCCESS);
		sqe->flags |= IOSQE_IO_LINK;
		io_uring_sqe_set_data64(sqe, (uintptr_t)io | TAG_DELAY);
		io->waiting_delay = true;
	}
	sqe = ring_sqe(1);
	prep_op(sqe, io);
	io_uring_sqe_set_data64(sqe, (uintptr_t)io);
	/* The kernel copies the timeout when it takes the entry. */
	if (io->waiting_delay)
		image_kick();
}

static void start_io(struct image_io *io, struct image *image,
		     enum image_op op, uint64_t offset, uint64_t bytes)
{
	struct image_fault *fault = &image->fault;

	io->image = image_get(image);
	io->op = op;
	io->offset = offset;
	io->left = bytes;
	io->moved = 0;
	io->result = 0;
	io->cancelled = false;
	io->waiting_delay = false;
	io->over = false;
	io->forced_error = 0;
	if (fault->error && fault->count[op]) {
		fault->count[op]--;
		io->forced_error = fault->error;
	}
	TAILQ_INSERT_TAIL(&in_flight, io, link);
	in_flight_count++;
	queue_io(io, true);
}

void image_read(struct image_io *io, struct image *image, uint64_t offset,
		uint64_t bytes, struct iovec *iov, unsigned int iov_count)
{
	io->iov = iov;
	io->iov_count = iov_count;
	io->pattern = NULL;
	io->pattern_iov = NULL;
	start_io(io, image, IMAGE_READ, offset, bytes);
}

void image_write(struct image_io *io, struct image *image, uint64_t offset,
		 uint64_t bytes, struct iovec *iov, unsigned int iov_count,
		 bool fua)
{
	io->iov = iov;
	io->iov_count = iov_count;
	io->pattern = NULL;
	io->pattern_iov = NULL;
	io->fua = fua;
	start_io(io, image, IMAGE_WRITE, offset, bytes);
}

void image_sync(struct image_io *io, struct image *image)
{
	io->pattern = NULL;
	io->pattern_iov = NULL;
	start_io(io, image, IMAGE_SYNC, 0, 0);
}

static void alloc_pattern(struct image_io *io, const void *pattern,
			  uint32_t bytes)
{
	io->pattern = calloc(1, IMAGE_FILL_BYTES);
	io->pattern_iov = calloc(IMAGE_FILL_IOVS, sizeof(*io->pattern_iov));
	if (!io->pattern || !io->pattern_iov)
		abort();
	if (!pattern)
		return;
	for (uint32_t at = 0; at + bytes <= IMAGE_FILL_BYTES; at += bytes)
		memcpy(io->pattern + at, pattern, bytes);
}

void image_fill(struct image_io *io, struct image *image, uint64_t offset,
		uint64_t bytes, const void *pattern, uint32_t pattern_bytes,
		bool fua)
{
	alloc_pattern(io, pattern, pattern_bytes);
	io->fua = fua;
	start_io(io, image, IMAGE_FILL, offset, bytes);
}

void image_discard(struct image_io *io, struct image *image, uint64_t offset,
		   uint64_t bytes)
{
	io->fua = false;
	if (image->no_punch) {
		image_fill(io, image, offset, bytes, NULL, 0, false);
		return;
	}
	io->pattern = NULL;
	io->pattern_iov = NULL;
	start_io(io, image, IMAGE_DISCARD, offset, bytes);
}

static void advance_iov(struct image_io *io, uint64_t bytes)
{
	while (bytes) {
		if (bytes < io->iov->iov_len) {
			io->iov->iov_base = (char *)io->iov->iov_base + bytes;
			io->iov->iov_len -= bytes;
			return;
		}
		bytes -= io->iov->iov_len;
		io->iov++;
		io->iov_count--;
	}
}

/* Take one completion of the kernel's; true: the operation is over. */
static bool take_result(struct image_io *io, int res)
{
	if (io->forced_error && res >= 0)
		res = -io->forced_error;
	if (res == -EINTR || res == -EAGAIN) {
		if (io->cancelled)
			res = -ECANCELED;
		else
			goto again;
	}
	if (res == -EOPNOTSUPP && io->op == IMAGE_DISCARD) {
		hlog("storage: %s: holes cannot be punched here, writing zeroes",
		     io->image->path);
		io->image->no_punch = true;
		alloc_pattern(io, NULL, 0);
		io->op = IMAGE_FILL;
		goto again;
	}
	if (res < 0) {
		io->result = res;
		return true;
	}
	if (io->op == IMAGE_SYNC || io->op == IMAGE_DISCARD) {
		io->moved = io->left;
		io->result = io->moved;
		return true;
	}
	if (!res) {
		/* The file ends before the disk does. */
		io->result = io->left ? -EIO : (int64_t)io->moved;
		return true;
	}
	io->moved += res;
	io->offset += res;
	io->left -= res;
	if (io->op != IMAGE_FILL)
		advance_iov(io, res);
	if (!io->left) {
		io->result = io->moved;
		return true;
	}
	if (io->cancelled) {
		io->result = -ECANCELED;
		return true;
	}
again:
	queue_io(io, false);
	return false;
}

static void collect(void)
{
	struct io_uring_cqe *cqe;

	while (!io_uring_peek_cqe(&ring, &cqe)) {
		uint64_t data = io_uring_cqe_get_data64(cqe);
		struct image_io *io = (void *)(uintptr_t)(data & ~TAG_MASK);
		int res = cqe->res;

		io_uring_cqe_seen(&ring, cqe);
		if (data & TAG_CANCEL)
			continue;
		if (data & TAG_DELAY)
			io->waiting_delay = false;
		else
			io->over = take_result(io, res);
		/* A cancelled delay may report after what it delayed. */
		if (!io->over || io->waiting_delay)
			continue;
		TAILQ_REMOVE(&in_flight, io, link);
		in_flight_count--;
		TAILQ_INSERT_TAIL(&finished, io, link);
	}
	image_kick();
}

static void deliver(void)
{
	struct image_io *io;

	while (!hold_results && (io = TAILQ_FIRST(&finished))) {
		struct image *image = io->image;

		TAILQ_REMOVE(&finished, io, link);
		free(io->pattern);
		free(io->pattern_iov);
		io->done(io);
		image_put(image);
	}
	if (!hold_results && batch_end)
		batch_end();
	image_kick();
}

static void ring_event_fn(void *opaque, uint32_t events)
{
	uint64_t count;
	ssize_t n = read(ring_event, &count, sizeof(count));

	(void)opaque;
	(void)events;
	(void)n;	/* only the wake-up matters */
	collect();
	deliver();
}

void image_hold_results(bool hold)
{
	hold_results = hold;
	if (!hold && ring_ready)
		ring_kick_loop();
}

void image_cancel(struct image_io *io)
{
	struct io_uring_sqe *sqe;

	io->cancelled = true;
	if (io->waiting_delay) {
		sqe = ring_sqe(1);
		io_uring_prep_cancel64(sqe, (uintptr_t)io | TAG_DELAY, 0);
		io_uring_sqe_set_data64(sqe, TAG_CANCEL);
	}
	sqe = ring_sqe(1);
	io_uring_prep_cancel64(sqe, (uintptr_t)io, 0);
	io_uring_sqe_set_data64(sqe, TAG_CANCEL);
}

void image_release(struct image *image)
{
	static struct __kernel_timespec now = { .tv_nsec = 1 };
	struct io_uring_sqe *sqe;
	struct image_io *io;

	TAILQ_FOREACH(io, &in_flight, link) {
		if (io->image != image || !io->waiting_delay)
			continue;
		sqe = ring_sqe(1);
		io_uring_prep_timeout_update(sqe, &now,
					     (uintptr_t)io | TAG_DELAY, 0);
		io_uring_sqe_set_data64(sqe, TAG_CANCEL);
	}
	image_kick();
}

void image_drop(struct image *image)
{
	struct image_io *io;

	TAILQ_FOREACH(io, &in_flight, link)
		if (io->image == image && io->waiting_delay)
			image_cancel(io);
	image_kick();
}

static unsigned int count_owned(const void *owner)
{
	struct image_io *io;
	unsigned int n = 0;

	TAILQ_FOREACH(io, &in_flight, link)
		if (!owner || io->owner == owner)
			n++;
	return n;
}

unsigned int image_drain(const void *owner, unsigned int timeout_ms)
{
	uint64_t end = now_ms() + timeout_ms;
	struct image_io *io;
	unsigned int n;

	if (!ring_ready || !count_owned(owner))
		return 0;
	image_kick();
	TAILQ_FOREACH(io, &in_flight, link)
		if (!owner || io->owner == owner)
			image_cancel(io);
	image_kick();
	for (;;) {
		struct __kernel_timespec ts = { .tv_nsec = 20 * 1000000 };
		struct io_uring_cqe *cqe;

		collect();
		n = count_owned(owner);
		if (!n || now_ms() >= end)
			break;
		io_uring_wait_cqe_timeout(&ring, &cqe, &ts);
	}
	ring_kick_loop();
	if (n)
		hlog("storage: %u operations still with the kernel after %u ms",
		     n, timeout_ms);
	return n;
}

int image_ring_init(void)
{
	int ret;

	ring_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (ring_event < 0)
		return -errno;
	ret = io_uring_queue_init(IMAGE_RING_ENTRIES, &ring, 0);
	if (ret)
		goto close_event;
	ret = io_uring_register_eventfd(&ring, ring_event);
	if (ret)
		goto exit_ring;
	ret = loop_add_fd(ring_event, EPOLLIN, ring_event_fn, NULL);
	if (ret)
		goto exit_ring;
	ring_ready = true;
	return 0;

exit_ring:
	io_uring_queue_exit(&ring);
close_event:
	close(ring_event);
	ring_event = -1;
	return ret;
}

/* The caller has drained the ring and has taken all results. */
void image_ring_fini(void)
{
	if (!ring_ready)
		return;
	image_drain(NULL, 10000);
	hold_results = false;
	batch_end = NULL;
	deliver();
	loop_del_fd(ring_event);
	io_uring_queue_exit(&ring);
	close(ring_event);
	ring_event = -1;
	ring_ready = false;
}

static int image_find_size(struct image *image, char **error)
{
	struct stat st;

	if (fstat(image->fd, &st))
		goto fail;
	if (S_ISREG(st.st_mode)) {
		image->size = st.st_size;
		return 0;
	}
	if (S_ISBLK(st.st_mode)) {
		if (ioctl(image->fd, BLKGETSIZE64, &image->size))
			goto fail;
		return 0;
	}
	if (asprintf(error, "%s: not a regular file or block device",
		     image->path) < 0)
		*error = NULL;
	return -EINVAL;
fail:
	if (asprintf(error, "%s: cannot find its size: %s", image->path,
		     strerror(errno)) < 0)
		*error = NULL;
	return -EIO;
}

/**
 * image_open - open a raw image
 * @path: regular file or block device
 * @ro: open for reading only
 * @error: on failure a malloc'ed line
 *
 * Return: the image with one reference, or NULL.
 */
struct image *image_open(const char *path, bool ro, char **error)
{
	struct image *image = calloc(1, sizeof(*image));

	if (!image)
		abort();
	image->refs = 1;
	image->ro = ro;
	image->path = strdup(path);
	/* O_NONBLOCK: a FIFO is refused below rather than waited for. */
	image->fd = open(path, (ro ? O_RDONLY : O_RDWR) | O_CLOEXEC |
			 O_NONBLOCK);
	if (image->fd < 0) {
		if (asprintf(error, "%s: cannot open for %s: %s", path,
			     ro ? "reading" : "reading and writing",
			     strerror(errno)) < 0)
			*error = NULL;
		goto fail;
	}
	if (image_find_size(image, error))
		goto fail;
	/* On a file system O_NONBLOCK would turn waits into EAGAIN. */
	fcntl(image->fd, F_SETFL, 0);
	return image;
fail:
	image_put(image);
	return NULL;
}

struct image *image_get(struct image *image)
{
	image->refs++;
	return image;
}

void image_put(struct image *image)
{
	if (!image || --image->refs)
		return;
	if (image->fd >= 0)
		close(image->fd);
	free(image->path);
	free(image);
}

/* Change the file's length; 0 or a negative errno. */
int image_resize(struct image *image, uint64_t size)
{
	if (image->ro)
		return -EROFS;
	if (ftruncate(image->fd, size))
		return -errno;
	image->size = size;
	return 0;
}
