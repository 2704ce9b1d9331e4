"""Classes of cells by their weights: mixtures of Gaussians, how stable they are, ePAIRS."""
