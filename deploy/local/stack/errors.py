"""What can go wrong with the local stack.

StackError                     said to the person as it is, never as a traceback
├── InstallFailed              the servers could not be brought or unpacked
├── CannotStart                a program ended, or was not ready in time
├── PortTaken                  another program listens there
└── StateInUse                 another run holds the state folder
"""


class StackError(Exception):
    """Something the person at the terminal can act on; its text says how."""


class InstallFailed(StackError):
    """Maven or the unpacking of the servers failed; the text holds the cause and the way out."""


class CannotStart(StackError):
    """A program ended at once, or was not ready within its limit."""


class PortTaken(StackError):
    """A documented port is in use by another program."""


class StateInUse(StackError):
    """Another run holds the lock of this state folder."""
