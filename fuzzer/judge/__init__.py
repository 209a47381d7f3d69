"""The judge: compares answers with the truth. Knows no framework; see DESIGN: error model in docs/reference/error-model.md."""
