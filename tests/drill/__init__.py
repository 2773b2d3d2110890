"""The drill: bugs that real pumps had, planted one by one, and the tests that find each of them."""
