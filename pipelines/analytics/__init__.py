"""Analytics: the LangGraph phases as pure functions, state in and update out."""
