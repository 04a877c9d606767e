"""The vocabulary: frozen msgspec Structs that every other part speaks. Types know nothing else."""
