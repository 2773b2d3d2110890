"""The one gate for whatever changes a dose: from a checked proposal to a known outcome.

Pure: an act takes where the change stands, who acts and the input, and returns the event to record
or raises `Refused`. `bodies` are the events, `change` makes a proposal of two orders, `needs` says
when a second person signs, `standing` is what the events add up to, `acts` moves on, `glass` is
the way of one person alone: to stop, or to lower.
"""
