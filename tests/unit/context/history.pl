#!/usr/bin/env perl
# history.pl make COMMITS SEED: a history of random edits for `git fast-import` on standard
# output, of which half touch what is ignored, and on the third descriptor for each commit a
# line: what a build sees of it, hashed.
# history.pl read FOLDER COMMITS: of the last COMMITS of a repository, "SHA HASH" each.
#
# What is ignored: "docs" but for "docs/kept", and "**/*.log"; said once more here in the words
# of perl, so that two ways of reading it have to agree.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);

sub is_ignored {
	my ($path) = @_;
	return 1 if $path =~ m{(^|/)[^/]*\.log(/|$)};
	return $path =~ m{^docs(/|$)} && $path !~ m{^docs/kept(/|$)};
}

# what_is_seen ROWS: each "MODE CONTENT\tPATH". A folder is seen though all in it is ignored.
sub what_is_seen {
	my %seen;
	for my $row (@_) {
		my ($path) = $row =~ /\t(.*)/s;
		$seen{$row} = 1 if !is_ignored($path);
		while ($path =~ s{/[^/]*$}{}) {
			$seen{"folder\t$path"} = 1 if !is_ignored($path);
		}
	}
	return sha256_hex(join "\n", sort keys %seen);
}

sub read_history {
	my ($folder, $count) = @_;
	open my $list, "-|", "git", "-C", $folder, "rev-list", "--max-count=$count", "HEAD"
		or die "no history";
	while (my $sha = <$list>) {
		chomp $sha;
		open my $tree, "-|", "git", "-C", $folder, "ls-tree", "--full-tree", "-r", "-z",
			$sha or die;
		local $/ = "\0";
		my @rows = map { chomp; $_ } <$tree>;
		print "$sha ", what_is_seen(@rows), "\n";
	}
}

my @folders = ("", "src/", "src/a/", "src/a/b/", "docs/", "docs/kept/", "docs/kept/x/", "x.log/");
my @names = map { ("$_", "$_.log", "$_-x", "$_.md") } "a" .. "f";
my @contents = map { "content $_\n" } 1 .. 4;
my (%files, $seen);

sub any { return $_[rand @_] }
sub any_file { return any(sort keys %files) }
sub new_path { return any(@folders) . any(@names) }

# A file and a folder of one name cannot be.
sub may_add {
	my ($path) = @_;
	return !grep { $_ ne $path && (index("$_/", "$path/") == 0 || index("$path/", "$_/") == 0) }
		keys %files;
}

my @edits = (
	sub { my $path = new_path(); $files{$path} = [ "100644", any(@contents) ] if may_add($path) },
	sub { $files{any_file()}[1] = any(@contents) },
	sub { my $file = $files{any_file()};
	      $file->[0] = $file->[0] eq "100644" ? "100755" : "100644" },
	sub { my ($from, $to) = (any_file(), new_path());
	      $files{$to} = delete $files{$from} if may_add($to) && !$files{$to} },
	sub { my ($a, $b) = (any_file(), any_file()); @files{$a, $b} = @files{$b, $a} },
	sub { delete $files{any_file()} if keys %files > 5 },
	sub { },
);

sub write_commit {
	my ($number) = @_;
	print "commit refs/heads/main\ncommitter A <a\@example.com> ", 1700000000 + $number,
		" +0000\ndata 1\nx\ndeleteall\n";
	for my $path (sort keys %files) {
		my ($mode, $content) = @{ $files{$path} };
		print "M $mode inline $path\ndata ", length $content, "\n$content\n";
	}
	print $seen what_is_seen(map { "$files{$_}[0] $files{$_}[1]\t$_" } keys %files), "\n";
}

sub make_history {
	my ($count, $seed) = @_;
	my @states;
	srand $seed;
	open $seen, ">&=", 3 or die "no third descriptor";
	$files{"src/main"} = [ "100644", "main\n" ];
	for my $number (1 .. $count) {
		# Sometimes back to what was there before.
		if (@states && rand() < 0.2) {
			%files = map { $_->[0] => [ @$_[1, 2] ] } @{ any(@states) };
		} else {
			any(@edits)->();
		}
		push @states, [ map { [ $_, @{ $files{$_} } ] } sort keys %files ];
		write_commit($number);
	}
}

my $what = shift // "";
$what eq "make" ? make_history(@ARGV) : $what eq "read" ? read_history(@ARGV) : die "make or read";
