"""The demonstration clinic: invented people whose histories are made by running virtual pumps.

`cast.toml` says who they are, `stories` what happens to each, step by step, as acts of the clinic;
`stage` holds pumps, signer and the time; `make` writes it all into a folder. Nobody in it is real.
"""
