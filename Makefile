# SPDX-License-Identifier: GPL-2.0-only
#
# hv-guest: Linux guest drivers for Microsoft Hyper-V. "make help" lists the
# targets. Works with make 3.81 (RHEL 5); all output goes below build/.

VERSION := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
TOP := $(CURDIR)

# The build tree of the kernel to build for.
given-kdir := $(KDIR)
running := $(shell uname -r)
ifndef KDIR
KDIR := $(firstword $(wildcard /lib/modules/$(running)/build/Makefile))
KDIR := $(patsubst %/Makefile,%,$(KDIR))
ifeq ($(KDIR),)
KDIR := $(shell sh compat/kdir.sh)
kdir-note := no build tree for the running $(running): using $(KDIR)
endif
endif
override KDIR := $(if $(KDIR),$(abspath $(KDIR)))

# Kernels do not share a build directory: B is build/RELEASE.
release := $(if $(KDIR),$(shell sh compat/release.sh $(KDIR)))
ifndef B
B := build/$(or $(release),unknown)
endif
override B := $(abspath $(B))
SRC := $(B)/src

DIRS := vmbus storvsc
KMAKE = $(MAKE) -C $(KDIR) M=$(SRC)

# Where modules and the modprobe.d file go.
INSTALL_MOD_DIR ?= extra/hv-guest
MODPROBE_D ?= $(DESTDIR)/etc/modprobe.d

.PHONY: all modules farm hvhost install uninstall dkms-install dkms-uninstall clean
.PHONY: demo check bench help

all: modules

modules: farm
	+@CC="$(if $(filter-out default,$(origin CC)),$(CC))" MAKE="$(MAKE)" \
		sh compat/probe.sh $(KDIR) $(SRC)/compat
	+@$(KMAKE) modules
	@for ko in $(SRC)/*/*.ko; do echo "  MODULE  $$ko"; done

# kbuild writes next to the sources, so each kernel gets a directory of links
# to them.
farm:
	@test -n "$(KDIR)" || { echo "no kernel headers found: install the" \
		"headers of the running kernel, or say KDIR=" >&2; exit 1; }
	@test -f $(KDIR)/Makefile || { echo "KDIR=$(KDIR): a kernel's build" \
		"tree was expected, there is no Makefile" >&2; exit 1; }
	@if [ -n "$(kdir-note)" ]; then echo "  NOTE    $(kdir-note)"; fi
	@sh compat/farm.sh $(TOP) $(SRC) $(DIRS)

hvhost:
	@$(MAKE) -C tests/host

install: modules
	@KDIR=$(KDIR) RELEASE=$(release) SRC=$(SRC) DESTDIR=$(DESTDIR) \
		INSTALL_MOD_DIR=$(INSTALL_MOD_DIR) MODPROBE_D=$(MODPROBE_D) \
		REPLACE_INTREE=$(REPLACE_INTREE) \
		sh tools/install.sh install

# Of the running kernel, unless another is named: not of the one whose headers
# happen to be there.
uninstall:
	@RELEASE=$(or $(RELEASE),$(if $(given-kdir),$(release)),$(running)) DESTDIR=$(DESTDIR) \
		INSTALL_MOD_DIR=$(INSTALL_MOD_DIR) MODPROBE_D=$(MODPROBE_D) \
		sh tools/install.sh uninstall

dkms-install:
	@VERSION=$(VERSION) KDIR=$(KDIR) RELEASE=$(release) \
		REPLACE_INTREE=$(REPLACE_INTREE) MODPROBE_D=$(MODPROBE_D) \
		sh tools/dkms-install.sh

dkms-uninstall:
	@VERSION=$(VERSION) MODPROBE_D=$(MODPROBE_D) \
		sh tools/dkms-install.sh uninstall

demo:
	@exec tests/demo

# make check KERNEL=bzImage [KDIR=tree] [CC=gcc] runs the scenarios on that
# kernel. Neither make's flags nor its variables are for what runs below.
check:
	@tests/packages.sh
	@unset MAKEFLAGS MFLAGS MAKELEVEL; exec tests/check \
		$(if $(KERNEL),--kernel $(KERNEL) \
			$(if $(given-kdir),--kdir $(given-kdir)) \
			$(if $(filter-out default,$(origin CC)),--cc "$(CC)")) \
		$(CHECK_ONLY)

bench:
	@tests/packages.sh
	@tests/bench/run $(BENCH)

clean:
	rm -rf build
	@if [ -f tests/host/Makefile ]; then $(MAKE) -C tests/host clean; fi

help:
	@echo 'Modules:'
	@echo '  make                modules for KDIR, below build/RELEASE/src'
	@echo '  make install        install them; on a kernel that has VMBus'
	@echo '                      itself this needs REPLACE_INTREE=1'
	@echo '  make uninstall      take them away again: those of the running'
	@echo '                      kernel, of KDIR= or of RELEASE='
	@echo '  make dkms-install   the same through DKMS; dkms-uninstall'
	@echo 'Test host and tests:'
	@echo '  make hvhost         build the test host'
	@echo '  make demo           boot a guest on it and show the drivers'
	@echo '  make check          everything that CI runs; with KERNEL=bzImage'
	@echo '                      (KDIR=, CC=) the scenarios on that kernel;'
	@echo '                      CHECK_ONLY="NAME..." parts of it, see'
	@echo '                      tests/check --list'
	@echo '  make bench          benchmarks'
	@echo '  make clean          remove build/ (the cache stays)'
	@echo 'Variables:'
	@echo '  KDIR=DIR            kernel build tree; now $(KDIR)'
	@echo '  B=DIR               build directory; now $(B)'
	@echo '  ARCH= CC= W= C= V=  as for the kernel; WERROR=1 adds -Werror'
	@echo '  DESTDIR=DIR         root for install'
	@echo '  HVG_CACHE=DIR       what tests fetch; ~/.cache/hv-guest'
