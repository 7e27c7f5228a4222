"""The processes of docker-compose.yml on a bare machine: read from that file, so that the two cannot drift apart."""
