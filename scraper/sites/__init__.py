"""Sites as data: profiles, their sources and addresses; may import archive only."""
