"""The card on which a person allows or denies what an agent asks for, and the prompt of a terminal."""
