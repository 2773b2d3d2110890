"""Who may speak to a pump, and is it genuine? Frames in, frames out, everything else a value.

Inside mutual TLS, each command is signed end to end by its role's key (docs/decisions/0011). Start
at `door`: `receive` takes a frame; `command.Sender` makes one.
"""
