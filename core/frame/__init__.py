"""What one frame says: its quality, the faces in it, what they show."""
