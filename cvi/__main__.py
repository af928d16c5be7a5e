"""`python -m cvi` is the `cvi` command."""

from cvi.cli import main

if __name__ == "__main__":
    main()
