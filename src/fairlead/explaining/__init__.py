"""What a request becomes for a target: found by encoding it with and without each of its fields."""
