"""Tasks on workers: processes of this machine or of a cluster, and the environment that they share."""
