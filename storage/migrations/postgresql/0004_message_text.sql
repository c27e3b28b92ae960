-- Another engine's; here the index is a column's and needs nothing.
select 1;
