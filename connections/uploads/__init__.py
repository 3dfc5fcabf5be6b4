"""Files that are uploaded to be imported: kept in pieces, looked at, read row by row."""
