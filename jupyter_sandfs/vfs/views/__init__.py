"""Views: file systems that stand in front of another and show less of it, or allow less."""
