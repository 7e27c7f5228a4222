"""A numeric library for crowd answers: who agrees, who is right, what is true, what to ask next."""
