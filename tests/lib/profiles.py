# SPDX-License-Identifier: GPL-2.0-only
"""What a guest must find on each host, stated apart from hvhost's own table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """One Windows Server release.

    vmbus: the highest protocol version, which ours must agree on
    storage: the same of the storage protocol
    subchannels: whether storage has channels beside the first
    unmap: whether disks take UNMAP
    hotplug: the host tells of disks that come and go
    crash: the host has crash MSRs; crash_text: and takes the log text
    """
    name: str
    vmbus: str
    storage: str
    subchannels: bool = True
    unmap: bool = True
    hotplug: bool = True
    crash: bool = True
    crash_text: bool = True


_ALL = (
    Profile("ws2008", "0.13", "2.0", subchannels=False, unmap=False,
            hotplug=False, crash=False, crash_text=False),
    Profile("ws2008r2", "1.1", "4.2", subchannels=False, unmap=False,
            crash=False, crash_text=False),
    Profile("ws2012", "2.4", "5.1", crash_text=False),
    Profile("ws2012r2", "3.0", "6.0", crash_text=False),
    Profile("ws2016", "4.0", "6.2"),
    Profile("ws2019", "5.2", "6.2"),
    Profile("ws2022", "5.3", "6.2"),
    Profile("ws2025", "6.0", "6.2"),
)

PROFILES = {profile.name: profile for profile in _ALL}
DEFAULT = "ws2022"


def at_least(profile, name):
    """Whether the host @profile is as new as @name."""
    order = list(PROFILES)
    return order.index(profile) >= order.index(name)


def version(text):
    """ "5.3" as (5, 3), so that versions compare."""
    return tuple(int(part) for part in text.split("."))
