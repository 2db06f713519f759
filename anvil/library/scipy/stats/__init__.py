"""The distributions of scipy.stats.

records        what is declared of a distribution, and what follows for one that is not
methods        densities, distribution functions and quantiles of any record, in plain Python
continuous     declarations
discrete       declarations
continuous_more   declarations
vectors        distributions of vectors
summaries      summaries of samples
entries        methods of scipy's objects, by the distribution that they belong to
"""
