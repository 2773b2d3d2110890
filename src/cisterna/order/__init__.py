"""What is ordered, and is it right: from a prescription file to a checked, dated plan."""
