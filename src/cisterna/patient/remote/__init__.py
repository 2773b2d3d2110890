"""The patient's handheld: a page on her phone that signs, and a relay that cannot.

`page/` is all of the remote: ES modules without a build step. `files` serves it, `relay` carries
its frames to the pump's host and back, unread. See docs/decisions/0013.
"""
