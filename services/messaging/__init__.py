"""What goes out: from the decision (campaign) to each recipient's row (delivery) and its calls."""
