"""For those who test workflows: histories written by hand, and what plays workflows over them."""
