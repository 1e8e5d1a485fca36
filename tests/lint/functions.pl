#!/usr/bin/perl
# Lists the functions of C files: "file:line name lines branches parameters".
# Lines run from the line of the name to the closing brace. A branch is each
# if, for, while, case and ?: (a do-while counts by its while); && and || are
# part of a condition that is counted already. What a library calls has the
# parameters that the library says, so they count as none.
use strict;
use warnings;

# Comments, literals and preprocessor lines become blanks; line breaks stay.
sub blank {
	my ($text) = @_;
	$text =~ s/[^\n]/ /g;
	return $text;
}

sub code_only {
	my ($text) = @_;
	$text =~ s{(/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')}{
		my $c = $1; substr($c, 0, 1) eq '/' ? blank($c) : '""' . "\n" x ($c =~ tr/\n//)
	}gse;
	$text =~ s/^([ \t]*#(?:[^\n\\]|\\.|\\\n)*)/blank($1)/gme;
	return $text;
}

# The parameters of the last (...) in a declarator: commas outside brackets.
sub parameter_count {
	my ($list) = @_;
	return 0 if $list =~ /^\s*(void)?\s*$/ || $list =~ /^\s*(?:nghttp2_session|SSL)\b/;
	1 while $list =~ s/\([^()]*\)//g;
	return 1 + ($list =~ tr/,//);
}

# A declarator that ends right before a '{' at depth 0: (name, parameters), or
# nothing if it is a type or an initialiser.
sub function_of {
	my ($head) = @_;
	return if $head =~ /=\s*$/;
	$head =~ s/__attribute__\s*\(\(.*?\)\)//gs;
	return unless $head =~ /\b([A-Za-z_]\w*)\s*(\((?:[^()]|(?2))*\))\s*$/s;
	my ($name, $list) = ($1, $2);
	return ($name, parameter_count(substr($list, 1, -1)), $-[1]);
}

sub scan {
	my ($file) = @_;
	open(my $in, '<', $file) or die "$file: $!\n";
	my $text = code_only(do { local $/; <$in> });
	my ($depth, $head_at, $body_at, @current) = (0, 0, 0);
	while ($text =~ /([{};])/g) {
		my ($token, $at) = ($1, $-[1]);
		if ($token eq '{' && $depth++ == 0) {
			my ($name, $parameters, $offset) =
				function_of(substr($text, $head_at, $at - $head_at));
			@current = defined $name ? ($name, $parameters, $head_at + $offset) : ();
			$body_at = $at;
		} elsif ($token eq '}' && --$depth == 0) {
			report($file, \$text, $body_at, $at, @current) if @current;
			@current = ();
		}
		$head_at = $at + 1 if $depth == 0;
	}
	print "$file:1 (braces) 0 0 0\n" if $depth != 0;
}

sub report {
	my ($file, $text, $body_at, $end, $name, $parameters, $name_at) = @_;
	my $first = 1 + (substr($$text, 0, $name_at) =~ tr/\n//);
	my $last = 1 + (substr($$text, 0, $end) =~ tr/\n//);
	my $body = substr($$text, $body_at, $end - $body_at);
	my $branches = () = $body =~ /\b(?:if|for|while|case)\b|\?/g;
	my $lines = $last - $first + 1;
	print "$file:$first $name $lines $branches $parameters\n";
}

scan($_) for @ARGV;
