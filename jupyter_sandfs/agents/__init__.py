"""The sandbox as tools that language models know how to use."""
