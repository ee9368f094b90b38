"""The pages of imports: bringing files, looking at their rows, recording them, taking them back."""
