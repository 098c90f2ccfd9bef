"""What kept reactions say about products, expressions and the policy."""
