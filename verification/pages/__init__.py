"""The evidence as pages for staff: everything is read from the bundles' folders, nothing is written."""
