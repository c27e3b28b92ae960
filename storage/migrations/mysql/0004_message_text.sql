-- Another engine's; here the index is a column's and needs nothing.
do 0;
