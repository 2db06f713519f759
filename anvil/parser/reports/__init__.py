"""What messages say of values: types, shapes, origins; texts with run-time numbers."""
