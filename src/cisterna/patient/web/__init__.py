"""The patient's pages: public ones, and those of somebody who has signed in, in her language.

A screen is a module of `screens`; its words stand in `words/AREA.LANGUAGE.toml`, never in code or
in a template. Settings and addresses are the clinic's, with these pages in front of them.
"""
