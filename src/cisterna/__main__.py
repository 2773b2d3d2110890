"""`python -m cisterna`: the command line without an installed script."""

from cisterna.cli import main

if __name__ == "__main__":
    main()
