"""`python -m fuzzer.cli` is `ulpfuzz`."""

from fuzzer.cli import main

if __name__ == "__main__":
    main()
