"""The arithmetics: ball64, log64, ball80, arb, mp, native and the derivative tape, all behind one protocol."""
