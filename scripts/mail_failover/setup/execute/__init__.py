"""Carrying out steps: write down, do, read back; and what is put right when that ends early."""
