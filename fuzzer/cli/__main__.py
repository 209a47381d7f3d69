"""`python -m ulpfuzz.fuzzer.cli` is `ulpfuzz`."""

from ulpfuzz.fuzzer.cli import main

if __name__ == "__main__":
    main()
