"""The provider gateway: text from language models, whoever serves them."""
