"""What the drills share: people and books to work on, and looks at the database before, during and after."""
