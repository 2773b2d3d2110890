"""The clinic's pages: who signs in, what she sees, and the one way from a page to an act.

A page is a module in `screens/` with `urlpatterns`, named in the list `SCREENS` of `urls`. It asks
`access` who is there and whether she may see this person, reads lists from `models` (a cache of the
record, brought up to date by `rows`) and one person from `desk.chart`, and changes nothing itself:
`desk.do` loads the events, folds them, calls the act and appends what it gives. `forms` makes the
form of an act from its input, with the words of `words.toml`; a template
`web/acts/<act>.html` takes the place of the general one. Times of the clinic come from `clock`.

Pages are plain HTML, served whole. htmx asks for a part where that saves a reader a wait. There is
no inline script or style: the policy of `settings` lets neither run.
"""
